#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "support/call.hpp"
#include "support/cpu_agrees.hpp"

// Attention other than that of one sequence to itself, on the CPU against the reference.

namespace {

using support::agrees, support::as, support::call, support::uneven;
using tessera::attributes;

void cross_attention_agrees(int batch, int queries, int keys, int heads, int channels) {
  const int width = heads * channels;
  const std::string what = std::to_string(queries) + " on " + std::to_string(keys);
  const auto forward = [&]<class T>(T) {
    return call<T>(batch).sample({queries, width}, uneven<T>(batch * queries * width))
        .sample({keys, 2 * width}, uneven<T>(batch * keys * 2 * width, 4)).attributes({heads});
  };
  agrees<"cross_attention">(forward, what);
  auto known = forward(double());
  known.run<"cross_attention">();
  const auto gradient = [&]<class T>(T) {
    return call<T>(batch).sample({queries, width}, uneven<T>(batch * queries * width, 3))
        .sample({queries, width}, uneven<T>(batch * queries * width))
        .sample({keys, 2 * width}, uneven<T>(batch * keys * 2 * width, 4))
        .sample({queries, width}, as<T>(known.out(0)))
        .sample({heads, queries}, as<T>(known.out(1))).attributes({heads});
  };
  agrees<"cross_attention_gradient">(gradient, what, 1e-5);
}

struct windows {
  int down, across, height, width;
  int tokens() const { return height * width; }
  int count() const { return down * across; }
};

// Logits in [-1, 1] or so, a bias of the same size; shift: rows and columns.
void window_attention_agrees(int batch, const windows& w, int heads, int channels, int rows,
                             int columns, bool biased) {
  const int t = w.tokens(), width = heads * channels, all = batch * w.count() * t * width;
  const std::string what = std::to_string(t) + " tokens, shifted by " + std::to_string(rows) +
                           ", " + std::to_string(columns) + (biased ? ", biased" : "");
  const attributes form{heads, w.down, w.across, w.height, rows, columns};
  const auto with_bias = [&]<class T>(call<T> c) {
    if (biased)
      c.weight({heads, t, t}, uneven<T>(heads * t * t, 6));
    else
      c.absent();
    return c;
  };
  const auto forward = [&]<class T>(T) {
    return with_bias(call<T>(batch).sample({t, 3 * width}, uneven<T>(3 * all), w.count()))
        .attributes(form);
  };
  agrees<"window_attention">(forward, what);
  auto known = forward(double());
  known.run<"window_attention">();
  const auto gradient = [&]<class T>(T) {
    return with_bias(call<T>(batch).sample({t, width}, uneven<T>(all, 3), w.count())
                         .sample({t, 3 * width}, uneven<T>(3 * all), w.count()))
        .sample({t, width}, as<T>(known.out(0)), w.count())
        .sample({heads, t}, as<T>(known.out(1)), w.count()).attributes(form);
  };
  agrees<"window_attention_gradient">(gradient, what, 1e-5);
  agrees<"window_attention_gradient">(
      [&](auto x) { return gradient(x).unread(1); }, what + ", no slope of the bias", 1e-5);
  agrees<"window_attention_gradient">([&]<class T>(T) {
    return gradient(T()).add_onto(1, uneven<T>(heads * t * t, 1));
  }, what + ", accumulating", 1e-5);
}

}  // namespace

TEST_CASE("cross-attention and its gradient on the CPU are those of the reference") {
  for (const int batch : {1, 3}) {
    cross_attention_agrees(batch, 1, 1, 1, 3);
    cross_attention_agrees(batch, 7, 17, 2, 5);
    cross_attention_agrees(batch, 33, 4, 3, 16);
    cross_attention_agrees(batch, 140, 49, 1, 32);
  }
}
TEST_CASE("attention in windows and its gradients on the CPU are those of the reference") {
  for (const int batch : {1, 3})
    for (const bool biased : {false, true}) {
      window_attention_agrees(batch, {1, 1, 1, 1}, 1, 3, 0, 0, biased);
      window_attention_agrees(batch, {2, 3, 3, 5}, 2, 7, 0, 0, biased);
      window_attention_agrees(batch, {2, 3, 3, 5}, 2, 7, 1, 2, biased);
      window_attention_agrees(batch, {3, 2, 4, 4}, 3, 8, 2, 0, biased);
      window_attention_agrees(batch, {2, 2, 7, 7}, 1, 32, 3, 3, biased);
    }
}
TEST_CASE("attention with decomposed positions on the CPU is that of the reference") {
  for (const int batch : {1, 3, 18})
    for (const std::pair<int, int>& sides : {std::pair{1, 1}, {2, 3}, {5, 4}, {3, 9}}) {
      const int height = sides.first, width = sides.second;
      const int heads = 2, channels = 5, t = height * width, wide = heads * channels;
      const int all = batch * t * wide, down = 2 * height - 1, across = 2 * width - 1;
      const std::string what = std::to_string(height) + " x " + std::to_string(width);
      const auto tables = [&]<class T>(call<T> c) {
        return c.weight({down, channels}, uneven<T>(down * channels, 2))
            .weight({across, channels}, uneven<T>(across * channels, 7));
      };
      const auto forward = [&]<class T>(T) {
        return tables(call<T>(batch).sample({t, 3 * wide}, uneven<T>(3 * all)))
            .attributes({heads, height});
      };
      agrees<"decomposed_attention">(forward, what, 1e-5);
      auto known = forward(double());
      known.run<"decomposed_attention">();
      agrees<"decomposed_attention_gradient">([&]<class T>(T) {
        return tables(call<T>(batch).sample({t, wide}, uneven<T>(all, 3))
                          .sample({t, 3 * wide}, uneven<T>(3 * all)))
            .sample({t, wide}, as<T>(known.out(0))).sample({heads, t}, as<T>(known.out(1)))
            .attributes({heads, height}).add_onto(1, uneven<T>(down * channels, 1));
      }, what, 1e-5);
    }
}
