#include <doctest/doctest.h>

#include "support/gradient_check.hpp"

namespace {

using support::gradient_is_derivative;
using support::operands;
using tessera::absent, tessera::emit, tessera::graph, tessera::value_id;

// The windows of each sample one after the other: (k * windows) x (tokens, channels).
constexpr value_id windows(graph& g, operands& o, tessera::label what, int count, int tokens,
                           int channels) {
  return g.view(o.sample(what, {count, tokens, channels}), {count, 1, 2, {tokens, channels}});
}

template <int Height, int Width, int Down, int Across>
struct cut {  // 5 x 3 cells
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"to_windows">(g, {o.sample("x", {15, 3})}, {5, 3, Height, Width, Down, Across});
  }
};
template <int Height, int Width, int Down, int Across>
struct joined {
  static constexpr value_id build(graph& g, operands& o) {
    const int count = tessera::windows_along(5, Height) * tessera::windows_along(3, Width);
    return emit<"from_windows">(g, {windows(g, o, "x", count, Height * Width, 2)},
                                {5, 3, Height, Width, Down, Across});
  }
};
struct biased {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"relative_bias">(g, {o.weight("table", {15, 2})}, {2, 3});
  }
};
// 2 x 2 windows of 2 x 3 tokens, two heads of two channels.
template <int Down, int Across>
struct attended {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id bias = emit<"relative_bias">(g, {o.weight("table", {15, 2})}, {2, 3});
    return emit<"window_attention">(g, {windows(g, o, "logits", 4, 6, 12), bias},
                                    {2, 2, 2, 2, Down, Across});
  }
};
struct attended_with_a_free_bias {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"window_attention">(
        g, {windows(g, o, "logits", 2, 3, 9), o.weight("table", {1, 3, 3})}, {1});
  }
};
struct attended_without_bias {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"window_attention">(g, {windows(g, o, "logits", 2, 3, 9), absent},
                                    {1, 1, 2, 1, 0, 1});
  }
};
// A table shared by two attentions: its gradients meet.
struct attended_twice {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id table = o.weight("table", {15, 1});
    const value_id first = emit<"window_attention">(
        g, {o.sample("x.logits", {6, 9}), emit<"relative_bias">(g, {table}, {2, 3})}, {1});
    const value_id second = emit<"window_attention">(
        g, {o.sample("y.logits", {6, 9}), emit<"relative_bias">(g, {table}, {2, 3})}, {1});
    return emit<"add">(g, {first, second});
  }
};
template <int Height, int Width, int Heads, int Channels>
struct decomposed {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"decomposed_attention">(
        g,
        {o.sample("logits", {Height * Width, 3 * Heads * Channels}),
         o.weight("down", {2 * Height - 1, Channels}),
         o.weight("across", {2 * Width - 1, Channels})},
        {Heads, Height});
  }
};
template <int Queries, int Keys, int Heads, int Channels>
struct crossed {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"cross_attention">(g,
                                   {o.sample("q.logits", {Queries, Heads * Channels}),
                                    o.sample("kv", {Keys, 2 * Heads * Channels})},
                                   {Heads});
  }
};
// Spatial reduction: keys and values of every 2 x 2 cells of the queries' own grid.
struct reduced {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id x = o.sample("x", {8, 3});
    const value_id cells = emit<"unfold_cells">(g, {x}, {2, 4, 2, 2, 0});
    const value_id kv = emit<"linear">(g, {cells, o.weight("weight", {6, 12}), absent});
    return emit<"cross_attention">(g, {x, kv}, {1});
  }
};

}  // namespace

TEST_CASE("the gradients of windows are their derivatives, shifted and padded too") {
  gradient_is_derivative<cut<5, 3, 0, 0>, cut<2, 2, 0, 0>, cut<2, 2, 1, 1>, cut<3, 2, 2, 1>>();
  gradient_is_derivative<joined<5, 3, 0, 0>, joined<2, 2, 1, 1>, joined<3, 2, 2, 1>>();
}
TEST_CASE("the gradient of attention in windows is its derivative, in window and bias") {
  gradient_is_derivative<biased, attended<0, 0>, attended<1, 1>, attended<0, 2>>();
  gradient_is_derivative<attended_with_a_free_bias, attended_without_bias, attended_twice>();
}
TEST_CASE("the gradient of decomposed attention is its derivative, in tokens and positions") {
  gradient_is_derivative<decomposed<1, 3, 1, 3>, decomposed<3, 2, 2, 2>, decomposed<2, 2, 1, 65>>();
}
TEST_CASE("the gradient of cross attention is its derivative, in queries and keys") {
  gradient_is_derivative<crossed<1, 1, 1, 2>, crossed<5, 3, 1, 3>, crossed<2, 7, 3, 2>, reduced>();
}
