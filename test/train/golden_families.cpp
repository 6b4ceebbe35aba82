// A small model of each family of the zoo: logits, loss and every gradient are PyTorch's.
#include <doctest/doctest.h>

#include "support/families_run.hpp"

namespace family = golden::family;
using golden::follows;

template struct golden::compiled<family::swin>;
template struct golden::compiled<family::deit>;
template struct golden::compiled<family::registers>;
template struct golden::compiled<family::segformer>;

TEST_CASE_TEMPLATE_DEFINE("Swin: windows, shifts, tables, merging", P, swin_golden) {
  follows<P, family::swin>();
}
TEST_CASE_TEMPLATE_APPLY(swin_golden, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("DeiT distilled: the mean of two heads", P, deit_golden) {
  follows<P, family::deit>();
}
TEST_CASE_TEMPLATE_APPLY(deit_golden, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("Registers, LayerScale, pooled head, no qkv bias", P, registers_golden) {
  follows<P, family::registers>();
}
TEST_CASE_TEMPLATE_APPLY(registers_golden, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("SegFormer: overlapping patches, reduction, Mix-FFN, all-MLP head", P,
                          segformer_golden) {
  follows<P, family::segformer>();
}
TEST_CASE_TEMPLATE_APPLY(segformer_golden, support::precisions);
