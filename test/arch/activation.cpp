// The words of activations: logits are timm's with act_layer.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "tessera/arch/vit.hpp"
#include "tessera/model/make_model.hpp"

namespace ts = tessera;

namespace {

template <class Word>
using small = ts::vit<ts::image<32>, ts::patch<8>, ts::width<32>, ts::heads<2>, ts::depth<2>,
                      ts::classes<10>, Word>;

template <class P, class Word>
void is_timms(const std::string& name) {
  CAPTURE(name);
  using T = typename P::scalar;
  ts::model<small<Word>, typename P::backend, T> net;
  golden::fill_weights(net.parameters());
  std::vector<T> logits(30);
  net.forward(golden::filled<T>("input", {3, 3, 32, 32}), logits);
  const golden::file want("activations");
  CHECK(golden::relative(logits, want[name]) <= P::tolerance);
  CHECK(golden::relative(logits, want[name == "relu" ? "silu" : "relu"]) > 1e-3);
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("Each activation gives timm's logits, and no other's", P, activations) {
  is_timms<P, ts::activation::gelu>("gelu");
  is_timms<P, ts::activation::gelu_tanh>("gelu_tanh");
  is_timms<P, ts::activation::quick_gelu>("quick_gelu");
  is_timms<P, ts::activation::relu>("relu");
  is_timms<P, ts::activation::silu>("silu");
}
TEST_CASE_TEMPLATE_APPLY(activations, support::precisions);
