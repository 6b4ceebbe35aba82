#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

namespace {

const double ln3 = 1.0986122886681098;

}

TEST_CASE_TEMPLATE("cross_entropy is the mean of -log p of the label", T, float, double) {
  // p = (1/4, 3/4) and (1/2, 1/2).
  const auto y = call<T>(2)
                     .sample({2}, {0, ln3, 7, 7})
                     .index({}, {1, 0})
                     .setting(0)
                     .template run<"cross_entropy">();

  CHECK(distance(y.out(0), {(0.28768207245178093 + 0.69314718055994531) / 2}) < 1e-6);
  CHECK(distance(y.out(1), {1.3862943611198906, 7.6931471805599453}) < 1e-6);
}

TEST_CASE("label smoothing gives every class its share of the target") {
  const auto y = call<double>()
                     .sample({2}, {0, ln3})
                     .index({}, {1})
                     .setting(0.2)
                     .unread(1)
                     .run<"cross_entropy">();

  CHECK(distance(y.out(0), {0.9 * 0.28768207245178093 + 0.1 * 1.3862943611198906}) < 1e-14);
}

TEST_CASE_TEMPLATE("the gradient of cross_entropy is p minus the target, over the batch", T, float,
                   double) {
  const auto d = call<T>(2)
                     .weight({}, {4})
                     .sample({2}, {0, ln3, 7, 7})
                     .index({}, {1, 0})
                     .sample({}, {1.3862943611198906, 7.6931471805599453})
                     .setting(0.2)
                     .template run<"cross_entropy_gradient">();

  CHECK(distance(d.out(0), {0.3, -0.3, -0.8, 0.8}) < 1e-5);
}

TEST_CASE("cross_entropy survives logits beyond the range of exp") {
  const auto y =
      call<float>().sample({2}, {-5000, 5000}).index({}, {0}).setting(0).run<"cross_entropy">();

  CHECK(y.out(0)[0] == 10000);
}

TEST_CASE("a label outside the classes is an error") {
  for (const std::int32_t label : {-1, 2})
    CHECK_THROWS_AS(
        call<double>().sample({2}, {0, 0}).index({}, {label}).setting(0).run<"cross_entropy">(),
        ts::error);
}

TEST_CASE_TEMPLATE("soft_cross_entropy has hand-worked values, also of targets that miss 1", T,
                   float, double) {
  // p = (1/4, 3/4) and (1/2, 1/2).
  const auto y = call<T>(2)
                     .sample({2}, {0, ln3, 7, 7})
                     .sample({2}, {0.5, 0.5, 0.25, 0.5})
                     .template run<"soft_cross_entropy">();
  const auto d = call<T>(2)
                     .weight({}, {4})
                     .sample({2}, {0, ln3, 7, 7})
                     .sample({2}, {0.5, 0.5, 0.25, 0.5})
                     .sample({}, {1.3862943611198906, 7.6931471805599453})
                     .template run<"soft_cross_entropy_gradient">();

  const double first = (1.3862943611198906 + 0.28768207245178093) / 2;
  CHECK(distance(y.out(0), {(first + 0.75 * 0.69314718055994531) / 2}) < 1e-6);
  CHECK(distance(d.out(0), {-0.5, 0.5, 0.25, -0.25}) < 1e-5);
}

TEST_CASE("soft_cross_entropy of smoothed labels is cross_entropy with smoothing, to rounding") {
  const auto x = support::uneven<double>(10);
  std::vector<double> targets(10, 0.1 / 5);
  targets[3] += 0.9, targets[5 + 1] += 0.9;

  const auto soft = call<double>(2).sample({5}, x).sample({5}, targets).run<"soft_cross_entropy">();
  const auto hard =
      call<double>(2).sample({5}, x).index({}, {3, 1}).setting(0.1).run<"cross_entropy">();

  CHECK(distance(soft.out(0), hard.out(0)) < 1e-15);
  CHECK(distance(soft.out(1), hard.out(1)) == 0);
}

TEST_CASE_TEMPLATE("smooth_l1 has hand-worked values on both sides of beta, and is l1 at 0", T,
                   float, double) {
  const auto loss = [](double beta) {
    return call<T>().sample({2}, {0, 3}).sample({2}, {0.5, 1}).setting(beta)
        .template run<"smooth_l1">().out(0);
  };
  const auto slope = [](double beta) {
    return call<T>().weight({}, {4}).sample({3}, {0, 3, 2}).sample({3}, {0.5, 1, 2}).setting(beta)
        .template run<"smooth_l1_gradient">().out(0);
  };

  CHECK(distance(loss(1), {(0.125 + 1.5) / 2}) < 1e-7);
  CHECK(distance(loss(0), {1.25}) < 1e-7);
  CHECK(distance(slope(1), {-0.5 * 4 / 3, 4.0 / 3, 0}) < 1e-6);
  CHECK(distance(slope(0), {-4.0 / 3, 4.0 / 3, 0}) < 1e-6);
}

TEST_CASE_TEMPLATE("kl_divergence has hand-worked values, per sample or per element", T, float,
                   double) {
  const auto elements = call<T>()
                            .sample({3}, {1, 2, 0.5})
                            .sample({3}, {0, 3, -1})
                            .attributes({1})
                            .setting(2)
                            .template run<"kl_divergence">();
  const auto samples = call<T>()
                           .sample({3}, {1, 2, 0.5})
                           .sample({3}, {0, 3, -1})
                           .setting(2)
                           .template run<"kl_divergence">();

  CHECK(distance(elements.out(0), {0.182267556}) < 1e-7);
  CHECK(distance(samples.out(0), {3 * 0.182267556}) < 3e-7);
}

TEST_CASE("kl_divergence of equal distributions is 0 with gradient 0, whatever the offset") {
  const auto y = call<double>(2)
                     .sample({2}, {1, 2, 3, 3})
                     .sample({2}, {5, 6, 0, 0})
                     .setting(3)
                     .run<"kl_divergence">();
  const auto d = call<double>(2)
                     .weight({}, {1})
                     .sample({2}, {1, 2, 3, 3})
                     .sample({2}, {5, 6, 0, 0})
                     .setting(3)
                     .run<"kl_divergence_gradient">();

  CHECK(distance(y.out(0), {0}) < 1e-15);
  CHECK(distance(d.out(0), {0, 0, 0, 0}) < 1e-15);
}

TEST_CASE("the gradient of kl_divergence is the derivative in dual numbers") {
  for (const int per_element : {0, 1}) {
    const auto s = support::uneven<double>(6), t = support::uneven<double>(6, 4);
    const auto v = support::uneven<double>(6, 8), still = std::vector<double>(6, 0.0);

    const auto y = call<ts::dual<double>>(2)
                       .sample({3}, support::along(s, v))
                       .sample({3}, support::along(t, still))
                       .attributes({per_element})
                       .setting(2)
                       .run<"kl_divergence">();
    const auto d = call<double>(2)
                       .weight({}, {1})
                       .sample({3}, s)
                       .sample({3}, t)
                       .attributes({per_element})
                       .setting(2)
                       .run<"kl_divergence_gradient">();

    CHECK(y.out(0)[0].tangent ==
          doctest::Approx(support::inner_product(d.out(0), v)).epsilon(1e-12));
  }
}

TEST_CASE_TEMPLATE("masked_mse averages over the removed rows of the whole batch", T, float,
                   double) {
  // Rows of means 1 and 5 in sample 0, 9 in sample 1; the others differ by 100 and do not count.
  const auto y = call<T>(2)
                     .sample({3, 2}, {1, 1, 100, 100, 1, 3, 100, 100, 3, -3, 100, 100})
                     .sample({3, 2}, std::vector<T>(12, T(0)))
                     .mask({3}, {1, 0, 1, 0, 1, 0})
                     .template run<"masked_mse">();
  const auto d = call<T>(2)
                     .weight({}, {3})
                     .sample({3, 2}, {1, 1, 100, 100, 1, 3, 100, 100, 3, -3, 100, 100})
                     .sample({3, 2}, std::vector<T>(12, T(0)))
                     .mask({3}, {1, 0, 1, 0, 1, 0})
                     .template run<"masked_mse_gradient">();

  CHECK(distance(y.out(0), {5}) < 1e-6);
  CHECK(distance(d.out(0), {1, 1, 0, 0, 1, 3, 0, 0, 3, -3, 0, 0}) < 1e-6);
}

TEST_CASE_TEMPLATE("mse averages squared differences over all elements", T, float, double) {
  const auto y =
      call<T>(2).sample({2}, {1, 2, 3, 4}).sample({2}, {0, 2, 5, 1}).template run<"mse">();
  const auto d = call<T>(2)
                     .weight({}, {2})
                     .sample({2}, {1, 2, 3, 4})
                     .sample({2}, {0, 2, 5, 1})
                     .template run<"mse_gradient">();

  CHECK(distance(y.out(0), {3.5}) == 0);
  CHECK(distance(d.out(0), {1, 0, -2, 3}) == 0);
}
