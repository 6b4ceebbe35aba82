#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/train/layer_decay.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;
using golden::filled, golden::relative;

namespace {

template <class... Update>
using step = ts::train<micro::vit, Update..., ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;

// Ten steps from the formula's weights; losses, and some of the weights they end with.
template <class P, class Run>
void follow(Run& run, const std::string& kind) {
  using T = typename P::scalar;
  const golden::file want("optimizers");
  golden::fill_weights(run.parameters());
  run.reset_optimizer();
  const auto images = filled<T>("input", {3, 3, 32, 32});
  const auto labels = golden::labels(3, 10);

  std::vector<double> losses;
  for (int i = 0; i < 10; ++i) losses.push_back(run.step(images, labels));
  losses.push_back(run.gradient(images, labels));

  INFO(kind);
  CHECK(relative(losses, want[kind + ".losses"]) <= P::tolerance);
  int compared = 0;  // in float the key biases may move by the sign of noise
  for (const ts::slice& s : run.parameters().table) {
    if (!P::is_double || !want.has(kind + ".final." + s.name)) continue;
    INFO(s.name);
    CHECK(golden::distance(run.parameters()[s.name], want[kind + ".final." + s.name]) <= 1e-10);
    ++compared;
  }
  CHECK(compared == (P::is_double ? 6 : 0));
}

template <class P, class... Update>
ts::trainer<step<Update...>, typename P::backend, typename P::scalar> make() {
  return ts::trainer<step<Update...>, typename P::backend, typename P::scalar>();
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("ten steps of sgd, Nesterov's and lars follow PyTorch's", P, ten_steps) {
  auto momentum = make<P, ts::sgd>();
  momentum.set("optimizer.decay", 0.05);
  follow<P>(momentum, "sgd");

  auto ahead = make<P, ts::nesterov, ts::clip_by_value>();
  ahead.set("optimizer.decay", 0.05);
  ahead.set("clip.value", 0.02);
  follow<P>(ahead, "nesterov");

  auto layers = make<P, ts::lars, ts::clip_by_norm>();
  layers.set("optimizer.lr", 2.0);
  layers.set("optimizer.decay", 0.05);
  layers.set("optimizer.trust", 0.01);
  layers.set("clip.norm", 0.5);
  follow<P>(layers, "lars");
}
TEST_CASE_TEMPLATE_APPLY(ten_steps, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("ten steps of AdamW with layer decay and an average follow PyTorch's", P,
                          decayed_steps) {
  auto run = make<P, ts::adamw, ts::ema>();
  ts::set_layer_decay(run, 0.65);
  run.set("ema.decay", 0.9);
  follow<P>(run, "layer_decay");

  const golden::file want("optimizers");
  const auto average = run.optimizer_state(2);
  for (const ts::slice& s : run.parameters().table)
    if (s.name == "head.weight") {
      const auto first = average.begin() + s.offset;
      const std::vector<double> got(first, first + s.size);
      CHECK(relative(got, want["layer_decay.average.head.weight"]) <= P::tolerance);
    }
}
TEST_CASE_TEMPLATE_APPLY(decayed_steps, support::precisions);

TEST_CASE("layers are counted through blocks, what is between them and what follows") {
  const auto named = [](std::initializer_list<const char*> names) {
    std::vector<ts::slice> table;
    for (const char* n : names) table.emplace_back().name = n;
    return ts::layers_of(table);
  };

  CHECK(named({"cls_token", "patch_embed.proj.weight", "blocks.0.norm1.weight",
               "blocks.0.attn.qkv.weight", "blocks.10.norm1.weight", "norm.weight",
               "head.bias"}) == std::vector<int>{0, 0, 1, 1, 2, 3, 3});
  CHECK(named({"layers.0.blocks.0.a", "layers.0.blocks.1.a", "layers.1.downsample.norm.weight",
               "layers.1.blocks.0.a", "norm.weight"}) == std::vector<int>{1, 2, 2, 3, 4});
  CHECK(named({"head.weight", "myblocks.0.weight"}) == std::vector<int>{0, 0});
}

TEST_CASE("a rate is scaled in its scope only, and nonsense is refused") {
  ts::trainer<step<ts::sgd>, ts::reference, double> run;
  const auto images = filled<double>("input", {2, 3, 32, 32});
  const auto labels = golden::labels(2, 10);
  golden::fill_weights(run.parameters());
  const ts::weights<double> before = run.parameters();
  run.set_lr_scale("blocks.1.*", 0);
  run.step(images, labels);

  for (const ts::slice& s : before.table) {
    INFO(s.name);
    const bool moved =
        golden::distance(run.parameters()[s.name],
                         std::vector<double>(before[s.name].begin(), before[s.name].end())) > 0;
    CHECK(moved == !s.name.starts_with("blocks.1."));
  }
  CHECK_THROWS_AS(run.set_lr_scale("blocks.7.*", 1), ts::error);
  CHECK_THROWS_AS(run.set_lr_scale("*", -1), ts::error);
  CHECK_THROWS_AS(run.set_lr_scale("*", std::numeric_limits<double>::quiet_NaN()), ts::error);
  CHECK_THROWS_AS(ts::set_layer_decay(run, 0), ts::error);
  CHECK_THROWS_AS(run.set("optimizer.momentum", 1), ts::error);
}
