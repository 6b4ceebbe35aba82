#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/call.hpp"
#include "support/cpu_agrees.hpp"

// Losses on the CPU against the reference.

namespace {

using support::agrees, support::as, support::call, support::uneven;

constexpr int rows = 7;

std::vector<std::int32_t> labels_of(int count, int classes) {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < count; ++i) labels.push_back(i * 5 % classes);
  return labels;
}
// Logits and a second operand of (batch, rows, width) after the gradient that arrives.
template <class T>
call<T> up_and_two(int batch, int width) {
  const int n = batch * rows * width;
  return call<T>(batch).weight({}, {3}).sample({rows, width}, uneven<T>(n, 2))
      .sample({rows, width}, uneven<T>(n, 5));
}
template <class T>
call<T> two(int batch, int width) {
  const int n = batch * rows * width;
  return call<T>(batch).sample({rows, width}, uneven<T>(n, 2))
      .sample({rows, width}, uneven<T>(n, 5));
}

constexpr int widths[] = {1, 3, 17, 32, 33, 197, 5'003};

}  // namespace

TEST_CASE("cross-entropy and its gradient on the CPU are those of the reference") {
  for (const int batch : {1, 9})
    for (const int k : widths)
      for (const double smoothing : {0.0, 0.25}) {
        const int n = batch * rows * k;
        const std::vector<std::int32_t> labels = labels_of(batch * rows, k);
        const std::string what = std::to_string(k) + " classes";
        const auto forward = [&]<class T>(T) {
          return call<T>(batch).sample({rows, k}, uneven<T>(n, 2)).index({rows}, labels)
              .setting(smoothing);
        };
        agrees<"cross_entropy">(forward, what);
        agrees<"cross_entropy">([&](auto x) { return forward(x).unread(1); },
                                what + ", loss alone");
        auto known = forward(double());
        known.run<"cross_entropy">();
        agrees<"cross_entropy_gradient">([&]<class T>(T) {
          return call<T>(batch).weight({}, {3}).sample({rows, k}, uneven<T>(n, 2))
              .index({rows}, labels).sample({rows}, as<T>(known.out(1))).setting(smoothing);
        }, what);
      }
}
TEST_CASE("cross-entropy on the CPU refuses a label that is no class") {
  for (const std::int32_t label : {-1, 4}) {
    const auto refused = [&] {
      call<float>(1).sample({1, 4}, uneven<float>(4)).index({1}, {label}).setting(0)
          .run<"cross_entropy", support::on_cpu<tessera::op_key{}>>();
    };
    CHECK_THROWS_AS(refused(), tessera::error);
  }
}
TEST_CASE("soft cross-entropy and its gradient on the CPU are those of the reference") {
  for (const int batch : {1, 9})
    for (const int k : widths) {
      const std::string what = std::to_string(k) + " classes";
      agrees<"soft_cross_entropy">([&](auto x) { return two<decltype(x)>(batch, k); }, what, 1e-5);
      auto known = two<double>(batch, k);
      known.run<"soft_cross_entropy">();
      agrees<"soft_cross_entropy_gradient">([&]<class T>(T) {
        return up_and_two<T>(batch, k).sample({rows}, as<T>(known.out(1)));
      }, what);
    }
}
TEST_CASE("divergence and its gradient on the CPU are those of the reference") {
  for (const int batch : {1, 9})
    for (const int k : widths)
      for (const int each : {0, 1})
        for (const double temperature : {1.0, 2.5}) {
          const std::string what = std::to_string(k) + " classes";
          agrees<"kl_divergence">([&](auto x) {
            return two<decltype(x)>(batch, k).setting(temperature).attributes({each});
          }, what);
          agrees<"kl_divergence_gradient">([&](auto x) {
            return up_and_two<decltype(x)>(batch, k).setting(temperature).attributes({each});
          }, what);
        }
}
TEST_CASE("mean errors and their gradients on the CPU are those of the reference") {
  for (const int batch : {1, 9})
    for (const int w : widths) {
      const std::string what = "width " + std::to_string(w);
      const auto forward = [&](auto x) { return two<decltype(x)>(batch, w); };
      const auto gradient = [&](auto x) { return up_and_two<decltype(x)>(batch, w); };
      agrees<"mse">(forward, what);
      agrees<"mse_gradient">(gradient, what);
      for (const double beta : {0.0, 0.5, 2.0}) {
        agrees<"smooth_l1">([&](auto x) { return forward(x).setting(beta); }, what);
        agrees<"smooth_l1_gradient">([&](auto x) { return gradient(x).setting(beta); }, what);
      }
    }
}
TEST_CASE("what is no number reaches neither kept patches nor their gradients") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  auto c = call<float>(1).weight({}, {1}).sample({2, 3}, std::vector<float>{nan, nan, nan, 1, 2, 3})
               .sample({2, 3}, std::vector<float>(6, 0)).mask({2}, {0, 1});
  c.run<"masked_mse_gradient", support::on_cpu<tessera::op_key{}>>();
  for (int i = 0; i < 3; ++i) CHECK(c.out(0)[static_cast<std::size_t>(i)] == 0);
}
