#include "tessera/ops/cpu/kernels.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/call.hpp"
#include "support/cpu_agrees.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace {

using support::agrees, support::as, support::call, support::uneven;
using tessera::op_key;

template <int Rows, int N, int K>
void linear_agrees(int batch) {
  constexpr op_key key{N, K};
  const std::string what = std::to_string(batch * Rows) + " x " + std::to_string(N) + " x " +
                           std::to_string(K);
  const int rows = batch * Rows;
  agrees<"linear", key>([&]<class T>(T) {
    return call<T>(batch).sample({Rows, K}, uneven<T>(rows * K)).weight({N, K}, uneven<T>(N * K, 5))
        .weight({N}, uneven<T>(N, 2));
  }, what);
  agrees<"linear", key>([&]<class T>(T) {
    return call<T>(batch).sample({Rows, K}, uneven<T>(rows * K)).weight({N, K}, uneven<T>(N * K, 5))
        .absent();
  }, what + " without bias");
  agrees<"linear_input_gradient", key>([&]<class T>(T) {
    return call<T>(batch).sample({Rows, N}, uneven<T>(rows * N))
        .weight({N, K}, uneven<T>(N * K, 5));
  }, what);
  agrees<"linear_weight_gradient", key>([&]<class T>(T) {
    return call<T>(batch).sample({Rows, N}, uneven<T>(rows * N))
        .sample({Rows, K}, uneven<T>(rows * K, 3));
  }, what);
  agrees<"linear_weight_gradient", key>([&]<class T>(T) {
    return call<T>(batch).sample({Rows, N}, uneven<T>(rows * N))
        .sample({Rows, K}, uneven<T>(rows * K, 3))
        .add_onto(0, uneven<T>(N * K, 1)).add_onto(1, uneven<T>(N, 4));
  }, what + " accumulating");
}

template <int T, int HeadDim, int Heads>
void attention_agrees(int batch) {
  constexpr int width = HeadDim * Heads;
  constexpr op_key key{T, width, Heads};
  const std::string what = std::to_string(T) + " tokens, " + std::to_string(Heads) + " x " +
                           std::to_string(HeadDim);
  const auto forward = [&]<class S>(S) {
    return call<S>(batch).sample({T, 3 * width}, uneven<S>(batch * T * 3 * width))
        .attributes({Heads});
  };
  agrees<"attention", key>(forward, what);
  auto known = forward(double());
  known.template run<"attention">();
  agrees<"attention_gradient", key>([&]<class S>(S) {
    return call<S>(batch).sample({T, width}, uneven<S>(batch * T * width, 4))
        .sample({T, 3 * width}, uneven<S>(batch * T * 3 * width))
        .sample({T, width}, as<S>(known.out(0))).sample({Heads, T}, as<S>(known.out(1)))
        .attributes({Heads});
  }, what, 1e-5);
}

template <int Rows, int C>
void layer_norm_agrees(int batch) {
  const int n = batch * Rows * C;
  const std::string what = std::to_string(batch * Rows) + " x " + std::to_string(C);
  const auto forward = [&]<class T>(T) {
    return call<T>(batch).sample({Rows, C}, uneven<T>(n)).weight({C}, uneven<T>(C, 2))
        .weight({C}, uneven<T>(C, 7)).setting(1e-2);
  };
  agrees<"layer_norm", op_key{C}>(forward, what, 1e-5);
  auto known = forward(double());
  known.template run<"layer_norm">();
  const auto gradient = [&]<class T>(T) {
    return call<T>(batch).sample({Rows, C}, uneven<T>(n, 9)).sample({Rows, C}, uneven<T>(n))
        .weight({C}, uneven<T>(C, 2)).sample({Rows}, as<T>(known.out(1)))
        .sample({Rows}, as<T>(known.out(2)));
  };
  agrees<"layer_norm_gradient", op_key{C}>(gradient, what, 1e-5);
  agrees<"layer_norm_gradient", op_key{C}>([&]<class T>(T) {
    auto c = gradient(T());
    c.add_onto(1, uneven<T>(C, 1)).add_onto(2, uneven<T>(C, 3));
    return c;
  }, what + " accumulating", 1e-5);
}

constexpr int widths[] = {1, 3, 17, 31, 32, 33, 65, 197};

}  // namespace

TEST_CASE("linear and its gradients on the CPU are those of the reference") {
  for (const int batch : {1, 3}) {
    linear_agrees<1, 1, 1>(batch);
    linear_agrees<3, 17, 31>(batch);
    linear_agrees<17, 33, 32>(batch);
    linear_agrees<65, 31, 65>(batch);
    linear_agrees<197, 65, 197>(batch);
  }
}
TEST_CASE("attention and its gradient on the CPU are the reference's, beyond 128 tokens too") {
  for (const int batch : {1, 3}) {
    attention_agrees<1, 3, 1>(batch);
    attention_agrees<3, 17, 2>(batch);
    attention_agrees<17, 16, 3>(batch);
    attention_agrees<32, 8, 1>(batch);
    attention_agrees<65, 16, 4>(batch);
    attention_agrees<197, 33, 2>(batch);
    attention_agrees<257, 5, 1>(batch);
  }
}
TEST_CASE("layer_norm and its gradient on the CPU are those of the reference") {
  for (const int batch : {1, 3}) {
    layer_norm_agrees<3, 3>(batch);
    layer_norm_agrees<1, 17>(batch);
    layer_norm_agrees<65, 31>(batch);
    layer_norm_agrees<17, 33>(batch);
    layer_norm_agrees<197, 65>(batch);
    layer_norm_agrees<31, 197>(batch);
    layer_norm_agrees<300, 32>(batch);
  }
}
TEST_CASE("elementwise ops on the CPU are those of the reference") {
  for (const int batch : {1, 3})
    for (const int w : {1, 3, 17, 31, 32, 33, 65, 197, 20'011}) {
      const int n = batch * w;
      const std::string what = std::to_string(n);
      const auto two = [&]<class T>(T) {
        return call<T>(batch).sample({w}, uneven<T>(n)).sample({w}, uneven<T>(n, 6));
      };
      const auto one = [&]<class T>(T) { return call<T>(batch).sample({w}, uneven<T>(n)); };
      agrees<"add">(two, what);
      agrees<"gelu">(one, what);
      agrees<"gelu_gradient">(two, what);
      agrees<"silu">(one, what);
      agrees<"silu_gradient">(two, what);
      agrees<"quick_gelu">(one, what);
      agrees<"quick_gelu_gradient">(two, what);
      agrees<"gelu_tanh">(one, what);
      agrees<"gelu_tanh_gradient">(two, what);
      agrees<"scale">([&]<class T>(T) { return one(T()).setting(-0.75); }, what);
      agrees<"accumulate">(one, what);
      agrees<"accumulate">([&]<class T>(T) { return one(T()).add_onto(0, uneven<T>(n, 4)); }, what);
    }
}
TEST_CASE("ops that move rows on the CPU are those of the reference") {
  for (const int batch : {1, 3})
    for (const int d : widths) {
      const std::string what = "width " + std::to_string(d);
      const auto rows = [&]<class T>(T, int n) {
        return call<T>(batch).sample({n, d}, uneven<T>(batch * n * d));
      };
      std::vector<std::int32_t> kept, rank;
      for (int b = 0; b < batch; ++b) {
        for (const int i : {4, 0, 6}) kept.push_back((i + b) % 7);
        for (const int i : {1, 5, 3, 6, 0, 4, 2}) rank.push_back((i + b) % 7);
      }
      agrees<"slice_rows">([&]<class T>(T) { return rows(T(), 7).attributes({2, 4}); }, what);
      agrees<"pad_rows">([&]<class T>(T) { return rows(T(), 3).attributes({2, 0, 7}); }, what);
      agrees<"prepend_token">(
          [&]<class T>(T) { return rows(T(), 4).weight({1, 1, d}, uneven<T>(d, 8)); }, what);
      agrees<"prepend_rows">(
          [&]<class T>(T) { return rows(T(), 4).sample({2, d}, uneven<T>(batch * 2 * d, 8)); },
          what);
      agrees<"add_position">([&]<class T>(T) {
        return rows(T(), 4).weight({1, 7, d}, uneven<T>(7 * d, 8)).attributes({2});
      }, what);
      agrees<"batch_sum">([&]<class T>(T) { return rows(T(), 7).attributes({1, 4, 2, 9}); }, what);
      agrees<"batch_sum">([&]<class T>(T) {
        return rows(T(), 7).attributes({1, 4, 2, 9}).add_onto(0, uneven<T>(9 * d, 5));
      }, what + " accumulating");
      agrees<"gather_rows">([&]<class T>(T) { return rows(T(), 7).index({3}, kept); }, what);
      agrees<"scatter_rows">(
          [&]<class T>(T) { return rows(T(), 3).index({3}, kept).attributes({7}); }, what);
      agrees<"restore_rows">([&]<class T>(T) {
        return rows(T(), 3).weight({1, 1, d}, uneven<T>(d, 8)).index({7}, rank);
      }, what);
    }
}
TEST_CASE("unfold on the CPU is that of the reference, overlapping and padded too") {
  for (const int batch : {1, 3})
    for (const tessera::attributes& a :
         {tessera::attributes{3, 2, 0, 0}, {3, 2, 1, 0}, {3, 1, 1, 1}, {1, 1, 0, 0}, {5, 5, 2, 1}})
      agrees<"unfold">([&]<class T>(T) {
        return call<T>(batch).sample({2, 33, 17}, uneven<T>(batch * 2 * 33 * 17)).attributes(a);
      });
}
TEST_CASE("normalised patches and masked errors on the CPU are those of the reference") {
  for (const int batch : {1, 3})
    for (const int w : {3, 17, 31, 32, 33, 65, 197}) {
      constexpr int rows = 131;
      const int n = batch * rows * w;
      const std::string what = "width " + std::to_string(w);
      std::vector<std::uint8_t> mask;
      for (int i = 0; i < batch * rows; ++i) mask.push_back(i * 5 % 7 < 4 ? 1 : 0);
      agrees<"normalise_patches">([&]<class T>(T) {
        return call<T>(batch).sample({rows, w}, uneven<T>(n)).setting(1e-2);
      }, what, 1e-5);
      agrees<"masked_mse">([&]<class T>(T) {
        return call<T>(batch).sample({rows, w}, uneven<T>(n)).sample({rows, w}, uneven<T>(n, 4))
            .mask({rows}, mask);
      }, what);
      agrees<"masked_mse_gradient">([&]<class T>(T) {
        return call<T>(batch).weight({}, {3}).sample({rows, w}, uneven<T>(n))
            .sample({rows, w}, uneven<T>(n, 4)).mask({rows}, mask);
      }, what);
    }
}
TEST_CASE("batch_norm and its gradient on the CPU are those of the reference") {
  for (const int batch : {1, 3})
    for (const int c : widths) {
      constexpr int rows = 101;
      const int n = batch * rows * c;
      const std::string what = "width " + std::to_string(c);
      const auto forward = [&]<class T>(T) {
        return call<T>(batch).sample({rows, c}, uneven<T>(n)).weight({c}, uneven<T>(c, 2))
            .weight({c}, uneven<T>(c, 7)).setting(1e-2);
      };
      agrees<"batch_norm">(forward, what, 1e-5);
      auto known = forward(double());
      known.run<"batch_norm">();
      agrees<"batch_norm_gradient">([&]<class T>(T) {
        return call<T>(batch).sample({rows, c}, uneven<T>(n, 9)).sample({rows, c}, uneven<T>(n))
            .weight({c}, uneven<T>(c, 2)).weight({c}, as<T>(known.out(1)))
            .weight({c}, as<T>(known.out(2)));
      }, what, 1e-5);
    }
}
TEST_CASE("depthwise convolution and its gradients on the CPU are those of the reference") {
  for (const int batch : {1, 3, 9})
    for (const int c : {1, 3, 17, 32, 33, 259})
      for (const int k : {1, 2, 3, 5}) {
        const int cells = 15, n = batch * cells * c, taps = c * k * k;
        const std::string what = std::to_string(c) + " channels, kernel " + std::to_string(k);
        agrees<"depthwise_conv">([&]<class T>(T) {
          return call<T>(batch).sample({cells, c}, uneven<T>(n))
              .weight({c, 1, k, k}, uneven<T>(taps, 3)).weight({c}, uneven<T>(c, 5))
              .attributes({3, 5, k});
        }, what);
        agrees<"depthwise_conv_input_gradient">([&]<class T>(T) {
          return call<T>(batch).sample({cells, c}, uneven<T>(n))
              .weight({c, 1, k, k}, uneven<T>(taps, 3)).attributes({3, 5, k});
        }, what);
        agrees<"depthwise_conv_weight_gradient">([&]<class T>(T) {
          return call<T>(batch).sample({cells, c}, uneven<T>(n))
              .sample({cells, c}, uneven<T>(n, 3)).attributes({3, 5, k});
        }, what);
      }
}
TEST_CASE("adamw on the CPU is that of the reference, slice by slice") {
  for (const int n : {1, 3, 17, 31, 32, 33, 65, 197, 40'009}) {
    const auto whole = [&]<class T>(T) {
      auto c = call<T>();
      std::vector<T> v = uneven<T>(n, 3);
      for (T& x : v) x = x * x + T(0.0625);
      c.weight({n}, uneven<T>(n)).weight({n}, uneven<T>(n, 1)).weight({n}, uneven<T>(n, 2));
      c.weight({n}, v).in_place(0);
      for (const double s : {0.1, 0.9, 0.999, 1e-8, 0.01, 5.0}) c.setting(s);
      return c;
    };
    agrees<"adamw">(whole, std::to_string(n));
    if (n < 17) continue;
    agrees<"adamw">([&]<class T>(T) {
      auto c = whole(T());
      c.slice({0, 5}).slice({5, 4, false}).slice({9, n - 9, true, false, 0.5});
      return c;
    }, std::to_string(n) + " in slices");
  }
}
TEST_CASE("sgd, lars, clips and averages on the CPU are those of the reference, slice by slice") {
  const auto sliced = [](auto c, int n) {
    if (n < 17) return c;
    c.slice({0, 5}).slice({5, 4, false}).slice({9, 3, true, false, 0.5}).slice({12, n - 12});
    return c;
  };
  for (const int n : {1, 3, 17, 33, 65, 40'009}) {
    const auto momentum = [&]<class T>(T) {
      auto c = call<T>();
      c.weight({n}, uneven<T>(n)).weight({n}, uneven<T>(n, 1)).weight({n}, uneven<T>(n, 2));
      for (const double s : {0.1, 0.9, 0.25, 0.02}) c.setting(s);
      return sliced(c.in_place(0), n);
    };
    const std::string what = std::to_string(n);
    agrees<"sgd">(momentum, what);
    agrees<"sgd">([&](auto x) { return momentum(x).attributes({1}); }, what + " Nesterov");
    agrees<"lars">(momentum, what);
    for (const double limit : {0.0, 0.75, 1e9}) {
      const auto clip = [&]<class T>(T) {
        return sliced(call<T>().weight({n}, uneven<T>(n)).setting(limit).in_place(0), n);
      };
      agrees<"clip_by_norm">(clip, what);
      agrees<"clip_by_value">(clip, what);
    }
    agrees<"ema">([&]<class T>(T) {
      auto c = call<T>().weight({n}, uneven<T>(n)).weight({n}, uneven<T>(n, 1)).setting(0.9);
      return sliced(c.in_place(1), n);
    }, what);
  }
}
