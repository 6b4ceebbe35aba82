#include <doctest/doctest.h>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/model/make_model.hpp"

namespace ts = tessera;
using golden::filled, golden::relative;

namespace {

template <class A, class P>
std::vector<typename P::scalar> logits_of(int batch, int height, int width, int classes) {
  using T = typename P::scalar;
  ts::model<A, typename P::backend, T> net;
  golden::fill_weights(net.parameters());
  std::vector<T> y(static_cast<std::size_t>(batch * classes));
  net.forward(filled<T>("input", {batch, 3, height, width}), y);
  return y;
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("logits of small transformers are timm's", P, small_logits) {
  const auto square = logits_of<micro::vit, P>(3, 32, 32, 10);
  CHECK(relative(square, golden::file("vit_micro")["logits"]) <= P::tolerance);

  const auto oblong = logits_of<micro::vit_odd, P>(1, 30, 20, 7);
  CHECK(relative(oblong, golden::file("vit_micro_odd")["logits"]) <= P::tolerance);
}
TEST_CASE_TEMPLATE_APPLY(small_logits, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("a masked auto-encoder sees and predicts what MAE's code does", P,
                          mae_values) {
  using T = typename P::scalar;
  const golden::file want("mae_micro");
  auto program =
      ts::compile<ts::inference<micro::mae>, typename P::backend, T>({"output", "encoder", "mask"});
  auto w = ts::make_weights<T>(program->g, 0);
  golden::fill_weights(w);
  ts::workspace space(*program, w.table, 2);
  const auto images = filled<T>("input", {2, 3, 32, 32}), noise = filled<T>("noise", {2, 64});
  const void* inputs[] = {images.data(), noise.data()};
  ts::run_context c;
  c.weights = w.values.data();
  c.inputs = inputs;

  space.run(c);

  const T* prediction = static_cast<const T*>(space.result(0));
  const T* latent = static_cast<const T*>(space.result(1));
  const auto* mask = static_cast<const std::uint8_t*>(space.result(2));
  CHECK(relative(std::vector<T>(prediction, prediction + 2 * 64 * 48), want["pred"]) <=
        P::tolerance);
  CHECK(relative(std::vector<T>(latent, latent + 2 * 17 * 48), want["latent"]) <= P::tolerance);
  CHECK(golden::distance(std::vector<int>(mask, mask + 2 * 64), want["mask"]) == 0);
  CHECK(golden::distance(w["pos_embed"], want["pos_embed"]) == 0);
  CHECK(golden::distance(w["decoder_pos_embed"], want["decoder_pos_embed"]) == 0);
}
TEST_CASE_TEMPLATE_APPLY(mae_values, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("logits of ViT-Ti/16 in float are timm's", P, tiny_logits) {
  const auto y = logits_of<micro::vit_tiny_16, P>(2, 224, 224, 1000);

  CHECK(relative(y, golden::file("vit_tiny_16")["logits"]) <= 1e-5);
}
TEST_CASE_TEMPLATE_APPLY(tiny_logits, support::float_precisions);
