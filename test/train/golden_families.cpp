// A small model of each family of the zoo: logits, loss and every gradient are PyTorch's.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/golden_gradients.hpp"
#include "support/micro.hpp"
#include "tessera/model/make_model.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/zoo/swin.hpp"

namespace ts = tessera;
using golden::filled, golden::gradient_distance, golden::relative;

namespace {

using swin = ts::zoo::swin<ts::image<32>, ts::patch<4, ts::normed>, 16, 4, 10,
                           ts::layer<2, ts::heads<2>>, ts::layer<2, ts::heads<4>>>;
template <int W, class... Words>
using small = ts::vit<ts::image<32, W>, ts::patch<8>, ts::width<32>, ts::heads<2>, ts::depth<1>,
                      ts::classes<10>, Words...>;
using deit = small<32, ts::distillation_token, ts::head::distilled>;
using registers = small<24, ts::registers<3>, ts::layer_scale<1, -1>, ts::global_pool::average,
                        ts::no_qkv_bias>;
template <class A>
using step = ts::train<A, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;

template <class P, class A>
void follows(const std::string& name, int tensors, const std::vector<int>& images,
             const std::vector<std::int32_t>& labels) {
  using T = typename P::scalar;
  const golden::file want("families");
  const auto x = filled<T>("input", images);
  {
    ts::model<A, typename P::backend, T> net;
    golden::fill_weights(net.parameters(), name + ".");
    const std::vector<double> expected = want[name + ".logits"];
    std::vector<T> logits(expected.size());
    net.forward(x, logits);
    CHECK(relative(logits, expected) <= P::tolerance);
  }
  ts::trainer<step<A>, typename P::backend, T> run;
  golden::fill_weights(run.parameters(), name + ".");
  const double loss = run.gradient(x, labels);
  CHECK(relative(std::vector<double>{loss}, want[name + ".loss"]) <= P::tolerance);
  CHECK(gradient_distance(run, want, tensors, name + ".") <= 10 * P::tolerance);
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("Swin: windows, shifts, tables, merging", P, swin_golden) {
  follows<P, swin>("swin", 63, {3, 3, 32, 32}, golden::labels(3, 10));
}
TEST_CASE_TEMPLATE_APPLY(swin_golden, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("DeiT distilled: the mean of two heads", P, deit_golden) {
  follows<P, deit>("deit", 23, {3, 3, 32, 32}, golden::labels(3, 10));
}
TEST_CASE_TEMPLATE_APPLY(deit_golden, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("Registers, LayerScale, pooled head, no qkv bias", P, registers_golden) {
  follows<P, registers>("registers", 22, {3, 3, 32, 24}, golden::labels(3, 10));
}
TEST_CASE_TEMPLATE_APPLY(registers_golden, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("SegFormer: overlapping patches, reduction, Mix-FFN, all-MLP head", P,
                          segformer_golden) {
  std::vector<std::int32_t> cells(2 * 8 * 8);
  golden::golden_labels<std::int32_t>("cells", 5, cells);
  follows<P, micro::segformer>("segformer", 73, {2, 3, 32, 32}, cells);
}
TEST_CASE_TEMPLATE_APPLY(segformer_golden, support::precisions);
