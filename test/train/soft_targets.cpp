#include <doctest/doctest.h>

#include <vector>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/data/mix.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;
using golden::filled;

namespace {

template <class Loss>
using step = ts::train<micro::vit, ts::sgd, ts::term<ts::weight<1>, Loss>>;
using hard = step<ts::loss::cross_entropy<>>;
using soft = step<ts::loss::soft_cross_entropy<>>;

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("targets of smoothed labels train as labels with smoothing do", P,
                          smoothed_targets) {
  using T = typename P::scalar;
  const auto images = filled<T>("input", {3, 3, 32, 32});
  const auto labels = golden::labels(3, 10);
  std::vector<T> targets(30, T(0.1 / 10));
  for (std::size_t b = 0; b < 3; ++b)
    targets[b * 10 + static_cast<std::size_t>(labels[b])] += T(0.9);
  ts::trainer<hard, typename P::backend, T> by_label;
  ts::trainer<soft, typename P::backend, T> by_target;
  by_label.set("loss.0.smoothing", 0.1);
  by_target.bind("targets", targets);

  for (int i = 0; i < 3; ++i)
    CHECK(by_target.step(images) ==
          doctest::Approx(by_label.step(images, labels)).epsilon(P::is_double ? 1e-13 : 1e-5));
}
TEST_CASE_TEMPLATE_APPLY(smoothed_targets, support::precisions);

TEST_CASE("a loss of mixed images is the mixture of the losses of their labels") {
  const auto images = filled<float>("input", {4, 3, 32, 32});
  const auto labels = golden::labels(4, 10);
  const std::vector<std::int32_t> partners(labels.rbegin(), labels.rend());
  std::vector<float> targets(40);
  ts::mix_targets(labels, 10, 0.75, 0, targets);
  ts::trainer<hard, ts::cpu, float> by_label;
  ts::trainer<soft, ts::cpu, float> by_target;
  by_target.bind("targets", targets);

  const double first = by_label.gradient(images, labels);
  const double second = by_label.gradient(images, partners);

  CHECK(by_target.gradient(images) == doctest::Approx(0.75 * first + 0.25 * second).epsilon(1e-5));
}

TEST_CASE("targets that were never given, or of another size, are refused") {
  const auto images = filled<float>("input", {2, 3, 32, 32});
  const std::vector<float> targets(10);
  ts::trainer<soft, ts::cpu, float> run;

  CHECK_THROWS_AS(run.step(images), ts::error);
  run.bind("targets", targets);
  CHECK_THROWS_AS(run.step(images), ts::error);
}
