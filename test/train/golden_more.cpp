// The zoo's encoder with a classifier, and two members that only the vocabulary spells: logits,
// loss and every gradient are PyTorch's.
#include <doctest/doctest.h>

#include "support/families_run.hpp"

namespace family = golden::family;
using golden::follows;

template struct golden::compiled<family::mit>;
template struct golden::compiled<family::pooled>;
template struct golden::compiled<family::early_exit>;

TEST_CASE_TEMPLATE_DEFINE("MiT: the mean of the last stage's tokens, classified", P, mit_golden) {
  follows<P, family::mit>();
}
TEST_CASE_TEMPLATE_APPLY(mit_golden, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("Stages: means and a learned convolution between blocks", P,
                          pooled_golden) {
  follows<P, family::pooled>();
}
TEST_CASE_TEMPLATE_APPLY(pooled_golden, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("An early exit: local perception, two cross-entropies", P, exit_golden) {
  follows<P, family::early_exit>();
}
TEST_CASE_TEMPLATE_APPLY(exit_golden, support::precisions);
