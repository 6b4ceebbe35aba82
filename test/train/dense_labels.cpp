// Cross-entropy of a segmentation: a label for each cell of the logits.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;

namespace {

using step = ts::train<micro::segformer, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;
constexpr int cells = 8 * 8;

std::vector<std::int32_t> labels(int images) {
  std::vector<std::int32_t> y(static_cast<std::size_t>(images * cells));
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<std::int32_t>(i * i % 5);
  return y;
}

}  // namespace

TEST_CASE("The loss of two images is the mean of theirs, cell by cell") {
  ts::trainer<step, ts::reference, double> run(3);
  // Twice the same image has the batch statistics of one.
  const auto x = golden::filled<double>("images", {1, 3, 32, 32});
  std::vector<double> twice = x;
  twice.insert(twice.end(), x.begin(), x.end());
  const auto y = labels(1);
  std::vector<std::int32_t> same = y;
  same.insert(same.end(), y.begin(), y.end());

  const double one = run.gradient(x, y), both = run.gradient(twice, same);

  CHECK(one == doctest::Approx(both).epsilon(1e-12));
  CHECK(one > 1.0);  // near log 5 at the start
  CHECK(one < 3.0);
}

TEST_CASE("The gradient is that of finite differences") {
  ts::trainer<step, ts::reference, double> run(3);
  const auto x = golden::filled<double>("images", {2, 3, 32, 32});
  const auto y = labels(2);
  auto& weights = run.parameters().values;
  run.gradient(x, y);
  const std::vector<double> gradient(run.gradients().begin(), run.gradients().end());
  double largest = 0;
  for (const double g : gradient) largest = std::max(largest, std::abs(g));
  REQUIRE(largest > 1e-3);
  for (std::size_t i = 0; i < weights.size(); i += weights.size() / 40) {
    const double kept = weights[i], h = 1e-5;
    weights[i] = kept + h;
    const double up = run.gradient(x, y);
    weights[i] = kept - h;
    const double down = run.gradient(x, y);
    weights[i] = kept;
    CHECK(std::abs((up - down) / (2 * h) - gradient[i]) <= 1e-7 * largest);
  }
}

TEST_CASE("One label per image is refused, and so is a label that is no class") {
  ts::trainer<step, ts::reference, double> run(3);
  const auto x = golden::filled<double>("images", {2, 3, 32, 32});
  auto y = labels(2);
  CHECK_THROWS_WITH_AS(run.step(x, std::span(y).first(2)),
                       "trainer: expected 128 labels, found 2", ts::error);
  y[100] = 5;
  CHECK_THROWS_AS(run.step(x, y), ts::error);
}
