#include <doctest/doctest.h>

#include <limits>
#include <numeric>

#include "support/golden.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/ops/cpu/backend.hpp"
#include "tessera/tensor/thread_pool.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;
using golden::filled;

namespace {

using small =
    ts::vit<ts::image<8>, ts::patch<4>, ts::width<12>, ts::heads<2>, ts::depth<2>, ts::classes<5>>;
using classify = ts::train<small, ts::clip_by_norm, ts::adamw, ts::ema,
                           ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;
using run_type = ts::trainer<classify, ts::reference, double>;
constexpr int pixels = 3 * 8 * 8;

std::vector<double> images(int batch) { return filled<double>("input", {batch, 3, 8, 8}); }

// What a failed call must leave as it was.
struct kept {
  std::vector<double> weights, m, v, average;
  std::int64_t steps;
  explicit kept(run_type& run)
      : weights(run.parameters().values),
        m(run.optimizer_state(0).begin(), run.optimizer_state(0).end()),
        v(run.optimizer_state(1).begin(), run.optimizer_state(1).end()),
        average(run.optimizer_state(2).begin(), run.optimizer_state(2).end()),
        steps(run.steps()) {}
  bool operator==(const kept&) const = default;
};

}  // namespace

TEST_CASE("batches, labels and images that cannot be trained on are errors and change nothing") {
  run_type run(1);
  run.step(images(3), std::vector<int>{0, 4, 2});
  const kept before(run);
  const std::vector<int> labels{0, 4, 2};

  SUBCASE("part of an image") {
    CHECK_THROWS_AS(run.step(std::vector<double>(3 * pixels - 1), labels), ts::error);
  }
  SUBCASE("no image") { CHECK_THROWS_AS(run.step({}, {}), ts::error); }
  SUBCASE("another number of labels") {
    CHECK_THROWS_AS(run.step(images(2), labels), ts::error);
    CHECK_THROWS_AS(run.step(images(3), {}), ts::error);
  }
  SUBCASE("a label that is no class") {
    CHECK_THROWS_AS(run.step(images(3), std::vector<int>{0, 5, 2}), ts::error);
    CHECK_THROWS_AS(run.step(images(3), std::vector<int>{0, -1, 2}), ts::error);
  }
  SUBCASE("another number of sample ids") {
    CHECK_THROWS_AS(run.step(images(3), labels, std::vector<std::int64_t>{1, 2}), ts::error);
  }
  SUBCASE("a pixel that is not a number, or infinite") {
    for (const double bad :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
      auto x = images(3);
      x[pixels + 7] = bad;
      CHECK_THROWS_AS(run.step(x, labels), ts::error);
    }
  }
  SUBCASE("a setting that is none, or no number for it") {
    CHECK_THROWS_AS(run.set("optimizer.rate", 1), ts::error);
    CHECK_THROWS_AS(run.set("optimizer.lr", std::numeric_limits<double>::quiet_NaN()), ts::error);
    CHECK_THROWS_AS(run.set("optimizer.beta1", 1), ts::error);
    CHECK_THROWS_AS(run.set("optimizer.beta2", 2), ts::error);
  }
  SUBCASE("a term or a buffer that there is not") {
    CHECK_THROWS_AS(run.loss(1), ts::error);
    CHECK_THROWS_AS(run.loss(-2), ts::error);
    CHECK_THROWS_AS(run.optimizer_state(3), ts::error);
  }

  CHECK(kept(run) == before);
  CHECK(golden::largest({run.gradients().begin(), run.gradients().end()}) == 0);
  CHECK(std::isfinite(run.step(images(3), labels)));
  CHECK_FALSE(kept(run) == before);
}

TEST_CASE("a step after a refused one is the step without it") {
  run_type with(1), without(1);
  auto bad = images(3);
  bad[5] = std::numeric_limits<double>::quiet_NaN();
  const std::vector<int> labels{0, 4, 2};

  with.step(images(3), labels);
  CHECK_THROWS_AS(with.step(bad, labels), ts::error);
  with.step(images(3), labels);
  without.step(images(3), labels);
  without.step(images(3), labels);

  CHECK(with.parameters().values == without.parameters().values);
}

TEST_CASE("micro-batches of equal size add to the gradient of the batch") {
  run_type whole(1), parts(1);
  const auto x = images(4);
  const std::vector<int> labels{0, 4, 2, 2};

  whole.gradient(x, labels);
  parts.set("gradient.seed", 0.5);
  for (const std::size_t i : {0u, 2u})
    parts.gradient(std::span(x).subspan(i * pixels, 2 * pixels), std::span(labels).subspan(i, 2));

  const std::vector<double> expected(whole.gradients().begin(), whole.gradients().end());
  CHECK(golden::relative(parts.gradients(), expected) <= 1e-12);
}

TEST_CASE("training lowers the loss and its path does not depend on the number of threads") {
  const auto x = filled<float>("input", {3, 3, 8, 8});
  const std::vector<int> labels{0, 4, 2};
  std::vector<std::vector<float>> found;
  for (const int threads : {1, 2, 5}) {
    ts::thread_pool pool(threads);
    ts::trainer<classify, ts::cpu, float> run(1, &pool);
    run.set("optimizer.lr", 1e-2);
    const double first = run.step(x, labels);
    for (int i = 0; i < 19; ++i) run.step(x, labels);
    CHECK(run.gradient(x, labels) < first / 2);
    found.push_back(run.parameters().values);
  }

  for (const auto& w : found) CHECK(w == found[0]);
}

TEST_CASE("the average starts from the weights of the first update, also where they were replaced") {
  run_type run(1);
  run.set("ema.decay", 0.5);
  for (double& w : run.parameters()["norm.weight"]) w = 3;

  run.step(images(3), std::vector<int>{0, 4, 2});

  const ts::slice& s = run.parameters().require("norm.weight");
  const auto average = run.optimizer_state(2);
  for (std::int64_t i = s.offset; i < s.offset + s.size; ++i)
    CHECK(average[static_cast<std::size_t>(i)] > 2.9);
}

TEST_CASE("the average of the weights starts as their copy and follows them") {
  run_type run(1);
  run.set("ema.decay", 0.75);
  const auto start = run.parameters().values;

  run.step(images(3), std::vector<int>{0, 4, 2});

  const auto average = run.optimizer_state(2);
  for (std::size_t i = 0; i < start.size(); ++i)
    CHECK(average[i] ==
          doctest::Approx(0.75 * start[i] + 0.25 * run.parameters().values[i]).epsilon(1e-12));
}
