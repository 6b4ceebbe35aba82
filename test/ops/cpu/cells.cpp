#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/call.hpp"
#include "support/cpu_agrees.hpp"

// Ops on grids, along channels and on rows, on the CPU against the reference.

namespace {

using support::agrees, support::call, support::uneven;
using tessera::attributes;

constexpr int widths[] = {1, 3, 4, 17, 32, 33, 65};

// A call with one input (rows, width) of `batch` samples.
template <class T>
call<T> grid(int batch, int rows, int width, int first = 0) {
  return call<T>(batch).sample({rows, width}, uneven<T>(batch * rows * width, first));
}

}  // namespace

TEST_CASE("cells that move on the CPU lie where the reference puts them") {
  for (const int batch : {1, 3})
    for (const int c : widths)
      for (const auto& [gh, gw] : {std::pair{1, 1}, {4, 6}, {5, 7}}) {
        const std::string what = std::to_string(gh) + " x " + std::to_string(gw) + " cells of " +
                                 std::to_string(c);
        const attributes sides{gh, gw};
        const int halves = (gh + 1) / 2 * ((gw + 1) / 2);
        const auto run = [&]<tessera::name Op>(int cells, int channels,
                                                                 const attributes& form) {
          agrees<Op>([&](auto x) {
            return grid<decltype(x)>(batch, cells, channels).attributes(form);
          }, what);
        };
        run.template operator()<"merge_cells">(gh * gw, c, sides);
        run.template operator()<"unmerge_cells">(halves, 4 * c, sides);
        run.template operator()<"split_cells">(gh * gw, 4 * c, sides);
        run.template operator()<"unsplit_cells">(4 * gh * gw, c, sides);
        for (const int step : {1, 2, 3}) {
          const int kept = ((gh - 1) / step + 1) * ((gw - 1) / step + 1);
          run.template operator()<"select_cells">(gh * gw, c, {gh, gw, step});
          run.template operator()<"place_cells">(kept, c, {gh, gw, step});
        }
        for (const auto& [k, stride, pad] :
             {std::array{1, 1, 0}, {3, 2, 1}, {2, 2, 0}, {5, 1, 2}}) {
          if (k > gh + 2 * pad || k > gw + 2 * pad) continue;
          const int patches = ((gh + 2 * pad - k) / stride + 1) * ((gw + 2 * pad - k) / stride + 1);
          run.template operator()<"unfold_cells">(gh * gw, c, {gh, gw, k, stride, pad});
          run.template operator()<"fold_cells">(patches, c * k * k, {gh, gw, k, stride, pad});
        }
        for (const int pool : {1, 2, 3}) {
          const int pools = gh / pool * (gw / pool);
          if (pools == 0) continue;
          const attributes form{gh, gw, pool};
          run.template operator()<"pool_average">(gh * gw, c, form);
          run.template operator()<"pool_average_gradient">(pools, c, form);
          run.template operator()<"pool_max">(gh * gw, c, form);
          std::vector<std::int32_t> places;
          for (int i = 0; i < batch * pools * c; ++i) places.push_back(i * 5 % (pool * pool));
          agrees<"pool_max_gradient">([&]<class T>(T) {
            return grid<T>(batch, pools, c).index({pools, c}, places).attributes(form);
          }, what);
        }
      }
}
TEST_CASE("the largest of a pool on the CPU is a number only where all are") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x{1, nan, 3, 2, nan, 4, nan, 5};  // 2 x 2 cells of 2 channels
  auto c = call<float>(1).sample({4, 2}, x).attributes({2, 2, 2});
  c.run<"pool_max", support::on_cpu<tessera::op_key{}>>();
  CHECK(c.out(0)[0] != c.out(0)[0]);
  CHECK(c.out(0)[1] != c.out(0)[1]);
  CHECK(c.index_out(1)[0] == 2);
  CHECK(c.index_out(1)[1] == 0);
}
TEST_CASE("windows on the CPU are those of the reference, shifted and padded too") {
  for (const int batch : {1, 3})
    for (const int c : {1, 3, 33})
      for (const attributes& form :
           {attributes{1, 1, 1, 1, 0, 0}, {4, 6, 2, 3, 0, 0}, {4, 6, 2, 3, 1, 2},
            {5, 7, 3, 4, 2, 1}, {5, 7, 3, 4, -1, -2}, {2, 3, 4, 5, 1, 1}}) {
        const int count = (form.a + form.c - 1) / form.c * ((form.b + form.d - 1) / form.d);
        const int t = form.c * form.d;
        agrees<"to_windows">([&](auto x) {
          return grid<decltype(x)>(batch, form.a * form.b, c).attributes(form);
        });
        agrees<"from_windows">([&]<class T>(T) {
          return call<T>(batch).sample({t, c}, uneven<T>(batch * count * t * c), count)
              .attributes(form);
        });
      }
}
TEST_CASE("biases by relative position on the CPU are those of the reference") {
  for (const int heads : {1, 3, 8})
    for (const auto& [wh, ww] : {std::pair{1, 1}, {2, 3}, {7, 7}}) {
      const int rows = (2 * wh - 1) * (2 * ww - 1), t = wh * ww;
      const attributes form{wh, ww};
      agrees<"relative_bias">([&]<class T>(T) {
        return call<T>(1).weight({rows, heads}, uneven<T>(rows * heads)).attributes(form);
      });
      const auto gradient = [&]<class T>(T) {
        return call<T>(1).weight({heads, t, t}, uneven<T>(heads * t * t)).attributes(form);
      };
      agrees<"relative_bias_gradient">(gradient);
      agrees<"relative_bias_gradient">([&]<class T>(T) {
        return gradient(T()).add_onto(0, uneven<T>(rows * heads, 4));
      });
    }
}
TEST_CASE("ops along channels on the CPU are those of the reference") {
  for (const int batch : {1, 3})
    for (const int c : {4, 17, 32, 33, 197}) {
      constexpr int rows = 101;
      const int n = batch * rows * c;
      const std::string what = "width " + std::to_string(c);
      agrees<"scale_channels">([&]<class T>(T) {
        return grid<T>(batch, rows, c).weight({c}, uneven<T>(c, 2));
      }, what);
      const auto both = [&]<class T>(T) {
        return grid<T>(batch, rows, c).sample({rows, c}, uneven<T>(n, 4));
      };
      agrees<"scale_channels_gradient">(both, what);
      agrees<"scale_channels_gradient">(
          [&]<class T>(T) { return both(T()).add_onto(0, uneven<T>(c, 1)); }, what);
      agrees<"concat_channels">(both, what);
      agrees<"slice_channels">(
          [&](auto x) { return grid<decltype(x)>(batch, rows, c).attributes({1, c - 2}); }, what);
      agrees<"pad_channels">([&](auto x) {
        return grid<decltype(x)>(batch, rows, c).attributes({3, 0, c + 5});
      }, what);
      const auto images = [&]<class T>(T) {
        return call<T>(batch).sample({4, 5, c}, uneven<T>(batch * 20 * c)).attributes({2})
            .setting(0.5).setting(0.25).setting(-1).setting(3);
      };
      agrees<"normalise_channels">(images, what);
      agrees<"normalise_channels_gradient">(images, what);
      agrees<"l2_normalise">([&](auto x) {
        return grid<decltype(x)>(batch, rows, c).setting(1e-3);
      }, what);
      agrees<"l2_normalise_gradient">([&]<class T>(T) {
        std::vector<T> inverses;
        for (int r = 0; r < batch * rows; ++r) inverses.push_back(T(r % 3 == 0 ? 4 : 0.5));
        return both(T()).sample({rows}, inverses).setting(0.25);
      }, what, 1e-5);
      agrees<"relu">([&](auto x) { return grid<decltype(x)>(batch, rows, c); }, what);
      agrees<"relu_gradient">(both, what);
      agrees<"drop_path">([&](auto x) {
        return grid<decltype(x)>(batch, rows, c).setting(0.5).random(1, 2, 3);
      }, what);
      agrees<"constant">(
          [&](auto x) { return grid<decltype(x)>(batch, rows, c).setting(-0.75); }, what);
    }
}
TEST_CASE("batch_norm by running statistics on the CPU is that of the reference") {
  for (const int batch : {1, 3})
    for (const int c : widths) {
      constexpr int rows = 101;
      const auto statistics = [&]<class T>(call<T> x) {
        std::vector<T> variance;
        for (int i = 0; i < c; ++i) variance.push_back(T(0.25 + 0.5 * (i % 5)));
        return x.weight({c}, uneven<T>(c, 5)).weight({c}, variance).setting(1e-2);
      };
      agrees<"batch_norm_inference">([&]<class T>(T) {
        return statistics(grid<T>(batch, rows, c).weight({c}, uneven<T>(c, 2))
                              .weight({c}, uneven<T>(c, 7)));
      }, "", 1e-5);
      agrees<"batch_norm_inference_gradient">([&]<class T>(T) {
        return statistics(grid<T>(batch, rows, c).sample({rows, c}, uneven<T>(batch * rows * c, 3))
                              .weight({c}, uneven<T>(c, 2)));
      }, "", 1e-5);
    }
}
TEST_CASE("means of rows and orders of tokens on the CPU are those of the reference") {
  for (const int batch : {1, 3})
    for (const int d : widths) {
      agrees<"mean_rows">([&](auto x) { return grid<decltype(x)>(batch, 9, d).attributes({1}); });
      agrees<"spread_rows">([&]<class T>(T) {
        return call<T>(batch).sample({d}, uneven<T>(batch * d)).attributes({2, 9});
      });
      std::vector<std::int32_t> rank;
      for (int b = 0; b < batch; ++b)
        for (const int i : {1, 5, 3, 6, 0, 4, 2}) rank.push_back((i + b) % 7);
      agrees<"restore_rows_gradient">([&](auto x) {
        return grid<decltype(x)>(batch, 7, d).index({7}, rank).attributes({3});
      });
      agrees<"restore_rows_gradient">([&]<class T>(T) {
        return grid<T>(batch, 7, d).index({7}, rank).attributes({3}).add_onto(1, uneven<T>(d, 3));
      });
      agrees<"noise">([&]<class T>(T) {
        return call<T>(batch).sample({2}, uneven<T>(2 * batch)).attributes({d}).random(1, 2, 3);
      });
      agrees<"order_tokens">([&]<class T>(T) {
        std::vector<T> noise = uneven<T>(batch * d);
        for (std::size_t i = 0; i < noise.size(); ++i)
          if (i % 11 == 5)
            noise[i] = std::numeric_limits<T>::quiet_NaN();
          else if (i % 3 == 0)
            noise[i] = -noise[i];
        return call<T>(batch).sample({d}, noise).attributes({(d + 1) / 2});
      });
    }
}
TEST_CASE("fold on the CPU is that of the reference, overlapping and padded too") {
  for (const int batch : {1, 3})
    for (attributes a : {attributes{3, 2, 0, 0}, {3, 2, 1, 0}, {3, 1, 1, 1}, {1, 1, 0, 0},
                         {5, 5, 2, 1}, {7, 4, 3, 0}}) {
      a.e = 33, a.f = 17;
      const int patches = tessera::patches_along(33, a.a, a.b, a.c) *
                          tessera::patches_along(17, a.a, a.b, a.c);
      agrees<"fold">(
          [&](auto x) { return grid<decltype(x)>(batch, patches, 2 * a.a * a.a).attributes(a); });
    }
}
