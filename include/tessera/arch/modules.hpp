#pragma once
// The modules that words and parts are made of. Each names its own parameters, as timm does, inside
// the scope it is called in.

#include "tessera/arch/settings.hpp"
#include "tessera/config.hpp"
#include "tessera/ops/add.hpp"
#include "tessera/ops/batch_norm.hpp"
#include "tessera/ops/cells.hpp"
#include "tessera/ops/grid.hpp"
#include "tessera/ops/layer_norm.hpp"
#include "tessera/ops/linear.hpp"
#include "tessera/ops/patches.hpp"

namespace tessera::inline v0 {

// The size of one matrix, before anything is made of its numbers.
constexpr bool check_matrix(graph& g, long long rows, long long columns) {
  if (columns < 1 || columns > 1 << 30 || rows > max_weights / columns)
    g.fail(issue::matrix_too_large, static_cast<int>(rows < 1 << 30 ? rows : 1 << 30),
           static_cast<int>(columns < 1 << 30 ? columns : 1 << 30));
  return g.ok();
}

// x (.., K) -> (.., out): "weight" (out, K) and, unless without, "bias".
TESSERA_COLD constexpr value_id build_linear(graph& g, label module, value_id x, int out,
                                             init_scheme init, bool bias = true) {
  const graph::scope here(g, module);
  const int in = g.shape_of(x).last();
  if (!check_matrix(g, out, in)) return x;
  const value_id w =
      init == init_scheme::mae
          ? g.add_parameter("weight", {out, in}, initialiser::xavier_uniform)
          : g.add_parameter("weight", {out, in}, initialiser::truncated_normal, 0.02f);
  return emit<"linear">(
      g, {x, w, bias ? g.add_parameter("bias", {out}, initialiser::zeros) : absent});
}

TESSERA_COLD constexpr value_id build_layer_norm(graph& g, label module, value_id x,
                                                 double eps = 1e-6) {
  const graph::scope here(g, module);
  const int c = g.shape_of(x).last();
  const value_id gamma = g.add_parameter("weight", {c}, initialiser::ones);
  const value_id beta = g.add_parameter("bias", {c}, initialiser::zeros);
  return emit<"layer_norm">(g, {x, gamma, beta}, {}, g.add_setting("eps", eps));
}

// In training scopes batch statistics normalise and the running ones follow; otherwise the running
// ones normalise. The updates are emitted when the graph is finished (graph::finish).
TESSERA_COLD constexpr value_id build_batch_norm(graph& g, label module, value_id x,
                                                 double eps = 1e-5, double momentum = 0.1) {
  const graph::scope here(g, module);
  const int c = g.shape_of(x).last();
  const value_id gamma = g.add_parameter("weight", {c}, initialiser::ones);
  const value_id beta = g.add_parameter("bias", {c}, initialiser::zeros);
  const value_id mean = g.add_parameter("running_mean", {c}, initialiser::zeros, 0, false,
                                        slice_kind::state);
  const value_id var = g.add_parameter("running_var", {c}, initialiser::ones, 0, false,
                                       slice_kind::state);
  const int settings = g.add_setting("eps", eps);
  if (!g.training)
    return emit<"batch_norm_inference">(g, {x, gamma, beta, mean, var}, {}, settings);
  const value_id y = emit<"batch_norm">(g, {x, gamma, beta}, {}, settings);
  const int m = g.add_setting("momentum", momentum);
  g.write_last(rules<"update_running">(), y + 1, mean, m);
  g.write_last(rules<"update_running">(), y + 3, var, m);
  return y;
}

// A convolution k x k of the token grid: the initialiser of its kernel, its stride and padding.
struct conv {
  int kernel, stride, padding = 0;
  initialiser init = initialiser::normal;
  float scale = 0;
  bool bias = true;
};

// He's normal deviation of a k x k convolution into `out` channels: sqrt(2 / (k^2 out)).
TESSERA_COLD constexpr float fan_out_deviation(int kernel, int out) {
  const double v = 2.0 / (double(kernel) * kernel * out);
  double root = v < 1 ? 1 : v;
  for (int i = 0; i < 60; ++i) root = 0.5 * (root + v / root);  // Newton: sqrt is no constant
  return static_cast<float>(root);
}

// The grid of t -> its convolution into `out` channels; moves t. Kernel "weight" (out, C, k, k).
TESSERA_COLD constexpr void build_conv(graph& g, label module, place& t, int out, const conv& c) {
  const int height = patches_along(t.grid_height, c.kernel, c.stride, c.padding);
  const int width = patches_along(t.grid_width, c.kernel, c.stride, c.padding);
  if (t.grid_height + 2 * c.padding < c.kernel || t.grid_width + 2 * c.padding < c.kernel ||
      height < 1 || width < 1)
    g.fail(issue::grid_is_empty, t.grid_height, c.kernel);
  if (static_cast<long long>(height) * width > max_tokens)
    g.fail(issue::too_many_tokens, height, width);
  if (!check_matrix(g, out, static_cast<long long>(g.shape_of(t.x).last()) * c.kernel * c.kernel))
    return;
  const graph::scope here(g, module);
  const int in = g.shape_of(t.x).last();
  const value_id w =
      g.add_parameter("weight", {out, in, c.kernel, c.kernel}, c.init, c.scale);
  const value_id b = c.bias ? g.add_parameter("bias", {out}, initialiser::zeros) : absent;
  value_id x = t.x;
  if (c.kernel > 1 || c.stride > 1)
    x = emit<"unfold_cells">(
        g, {x}, {t.grid_height, t.grid_width, c.kernel, c.stride, c.padding});
  t.x = emit<"linear">(g, {x, g.view(w, {1, 0, 2, {out, in * c.kernel * c.kernel}}), b});
  t.grid_height = height, t.grid_width = width;
}

// A depthwise k x k convolution of the token grid, stride 1: "weight" (D, 1, k, k), "bias".
TESSERA_COLD constexpr value_id build_depthwise(graph& g, label module, const place& t, value_id x,
                                                int kernel) {
  const graph::scope here(g, module);
  const int d = g.shape_of(x).last();
  const value_id w =
      g.add_parameter("weight", {d, 1, kernel, kernel}, initialiser::truncated_normal, 0.02f);
  const value_id b = g.add_parameter("bias", {d}, initialiser::zeros);
  return emit<"depthwise_conv">(g, {x, w, b}, {t.grid_height, t.grid_width, kernel});
}

// images (C, H, W) -> patches (cells, D), without positions.
TESSERA_COLD constexpr value_id build_patch_embed(graph& g, value_id images, const vit_settings& s) {
  const graph::scope embed(g, label("patch_embed"));
  value_id y;
  {
    const graph::scope proj(g, label("proj"));
    const int fan_in = s.channels * s.patch * s.patch;
    if (!check_matrix(g, s.width, fan_in)) return images;
    const value_id w = g.add_parameter("weight", {s.width, s.channels, s.patch, s.patch},
                                       s.init == init_scheme::mae ? initialiser::xavier_uniform
                                                                  : initialiser::fan_in_uniform,
                                       static_cast<float>(fan_in));
    const value_id b = g.add_parameter("bias", {s.width}, initialiser::fan_in_uniform,
                                       static_cast<float>(fan_in));
    const value_id patches = emit<"unfold">(g, {images}, {s.patch, s.step(), s.padding, 0});
    y = emit<"linear">(g, {patches, g.view(w, {1, 0, 2, {s.width, fan_in}}), b});
  }
  return s.patch_norm ? build_layer_norm(g, "norm", y, s.eps) : y;
}

}  // namespace tessera::inline v0
