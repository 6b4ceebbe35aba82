#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/call.hpp"
#include "support/cpu_agrees.hpp"

// Losses of directions and of relations, and soft Dice, on the CPU against the reference.

namespace {

using support::agrees, support::as, support::call, support::uneven;

std::vector<std::int32_t> labels_of(int count, int classes) {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < count; ++i) labels.push_back(i * 5 % classes);
  return labels;
}

// Numbers without a period, in [-3/2, 3/2).
template <class T>
std::vector<T> scattered(int count, std::uint32_t first = 0) {
  std::vector<T> x;
  for (int i = 0; i < count; ++i)
    x.push_back(static_cast<T>(((static_cast<std::uint32_t>(i) + first) * 2654435761u >> 20) %
                               3072) / 1024 - static_cast<T>(1.5));
  return x;
}

}  // namespace

TEST_CASE("gram and its gradient on the CPU are those of the reference") {
  struct sides {
    int tokens, width;
  };
  for (const int batch : {1, 3})
    for (const sides s : {sides{1, 1}, {1, 33}, {5, 1}, {7, 12}, {31, 97}, {197, 33}, {5, 200}})
      for (const int of_tokens : {0, 1}) {
        const int side = of_tokens == 1 ? s.tokens : s.width, n = batch * s.tokens * s.width;
        const std::string what = std::to_string(s.tokens) + " x " + std::to_string(s.width) +
                                 (of_tokens == 1 ? ", tokens" : ", channels");
        agrees<"gram">([&]<class T>(T) {
          return call<T>(batch).sample({s.tokens, s.width}, scattered<T>(n))
              .attributes({of_tokens});
        }, what);
        agrees<"gram_gradient">([&]<class T>(T) {
          return call<T>(batch).sample({side, side}, scattered<T>(batch * side * side, 9))
              .sample({s.tokens, s.width}, scattered<T>(n)).attributes({of_tokens});
        }, what);
      }
}
TEST_CASE("gram on the CPU is symmetric bit for bit") {
  constexpr int tokens = 6, width = 211;
  const auto y = call<float>(1).sample({tokens, width}, scattered<float>(tokens * width))
                     .run<"gram", support::on_cpu<tessera::op_key{}>>().out(0);
  for (std::size_t p = 0; p < width; ++p)
    for (std::size_t q = 0; q < p; ++q) REQUIRE(y[p * width + q] == y[q * width + p]);
}
TEST_CASE("cosine distance and its gradient on the CPU are those of the reference") {
  for (const int batch : {1, 9})
    for (const int width : {1, 3, 17, 32, 33, 197, 5'003})
      for (const double eps : {1e-8, 3.0}) {  // rows below 3 count as that long
        constexpr int rows = 3;
        const int n = batch * rows * width;
        const std::string what = "width " + std::to_string(width);
        const auto row_of_zeros = [&]<class T>(T) {
          std::vector<T> x = scattered<T>(n);
          for (int i = 0; i < width; ++i) x[static_cast<std::size_t>(width + i)] = 0;
          return x;
        };
        agrees<"cosine_distance">([&]<class T>(T) {
          return call<T>(batch).sample({rows, width}, row_of_zeros(T()))
              .sample({rows, width}, scattered<T>(n, 7)).setting(eps);
        }, what);
        agrees<"cosine_distance_gradient">([&]<class T>(T) {
          return call<T>(batch).weight({}, {static_cast<double>(3 * batch * width)})
              .sample({rows, width}, eps < 1 ? scattered<T>(n) : row_of_zeros(T()))
              .sample({rows, width}, scattered<T>(n, 7)).setting(eps);
        }, what);
      }
}
TEST_CASE("info_nce and its gradient on the CPU are those of the reference") {
  for (const int batch : {1, 2, 7, 33, 150})
    for (const int width : {1, 5, 64})
      for (const int ways : {0, 1}) {
        const int n = batch * width;
        const std::string what = std::to_string(batch) + " rows of " + std::to_string(width) +
                                 (ways == 1 ? ", both ways" : ", one way");
        const auto forward = [&]<class T>(T) {
          return call<T>(batch).sample({width}, scattered<T>(n)).sample({width}, scattered<T>(n, 7))
              .setting(2.5).attributes({ways});
        };
        agrees<"info_nce">(forward, what);
        auto known = forward(double());
        known.run<"info_nce">();
        const auto gradient = [&]<class T>(T) {
          return call<T>(batch).weight({}, {static_cast<double>(10 * batch)})
              .sample({width}, scattered<T>(n)).sample({width}, scattered<T>(n, 7))
              .sample({batch}, as<T>(known.out(1))).setting(2.5).attributes({ways});
        };
        agrees<"info_nce_gradient">(gradient, what);
        for (const int side : {0, 1})
          agrees<"info_nce_gradient">([&](auto x) { return gradient(x).unread(side); },
                                      what + ", one side");
      }
}
TEST_CASE("info_nce on the CPU refuses a temperature that is not above 0") {
  auto c = call<float>(2).sample({1}, {1, 2}).sample({1}, {1, 2}).setting(0);
  CHECK_THROWS_AS((c.run<"info_nce", support::on_cpu<tessera::op_key{}>>()), tessera::error);
}
TEST_CASE("dice and its gradient on the CPU are those of the reference") {
  struct sizes {
    int cells, classes;
  };
  for (const int batch : {1, 3})
    for (const sizes s :
         {sizes{1, 1}, {1, 7}, {5, 2}, {197, 33}, {300, 150}, {17'000, 2}, {3, 5'003}}) {
      const int n = batch * s.cells * s.classes;
      const std::vector<std::int32_t> labels = labels_of(batch * s.cells, s.classes);
      const std::string what =
          std::to_string(s.cells) + " cells of " + std::to_string(s.classes) + " classes";
      const auto forward = [&]<class T>(T) {
        return call<T>(batch).sample({s.cells, s.classes}, scattered<T>(n))
            .index({s.cells}, labels).setting(1);
      };
      agrees<"dice">(forward, what);
      auto known = forward(double());
      known.run<"dice">();
      agrees<"dice_gradient">([&]<class T>(T) {
        return call<T>(batch).weight({}, {static_cast<double>(1'000 * n)})
            .sample({s.cells, s.classes}, scattered<T>(n)).index({s.cells}, labels)
            .sample({s.cells}, as<T>(known.out(1)))
            .sample({2, s.classes}, as<T>(known.out(2)));
      }, what, 1e-5);
    }
}
TEST_CASE("dice on the CPU refuses a label that is no class") {
  for (const std::int32_t label : {-1, 4}) {
    const auto refused = [&] {
      call<float>(1).sample({1, 4}, uneven<float>(4)).index({1}, {label}).setting(1)
          .run<"dice", support::on_cpu<tessera::op_key{}>>();
    };
    CHECK_THROWS_AS(refused(), tessera::error);
  }
}

namespace {

// Whether the op refuses this setting on the CPU and in the reference alike.
template <tessera::name Op, class Make>
bool refuses(double setting, const Make& make) {
  bool cpu = false, reference = false;
  try {
    make().setting(setting).template run<Op, support::on_cpu<tessera::op_key{}>>();
  } catch (const tessera::error&) {
    cpu = true;
  }
  try {
    make().setting(setting).template run<Op>();
  } catch (const tessera::error&) {
    reference = true;
  }
  CHECK(cpu == reference);
  return cpu && reference;
}

}  // namespace

TEST_CASE("settings that a loss cannot mean are refused on every backend") {
  support::set = tessera::isa::baseline;
  const auto two = [] { return call<float>(1).sample({2}, {1, 2}).sample({2}, {2, 0}); };
  const auto cells = [] { return call<float>(1).sample({1, 2}, {1, 2}).index({1}, {1}); };

  CHECK(refuses<"kl_divergence">(-1, two));
  CHECK(refuses<"kl_divergence">(0, two));
  CHECK_FALSE(refuses<"kl_divergence">(2, two));
  CHECK(refuses<"cosine_distance">(0, two));
  CHECK_FALSE(refuses<"cosine_distance">(1e-8, two));
  CHECK(refuses<"smooth_l1">(-1, two));
  CHECK_FALSE(refuses<"smooth_l1">(0, two));
  CHECK(refuses<"dice">(0, cells));
  CHECK_FALSE(refuses<"dice">(1, cells));
}
