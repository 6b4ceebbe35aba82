#pragma once
// A transformer block on tokens that may lie on a grid, named by the scope it is called in:
//     pre       x += ls1(attn(norm1(x)));    x += ls2(mlp(norm2(x)))
//     post      x = norm1(x + attn(x));      x = norm2(x + mlp(x))
//     res_post  x += norm1(attn(x));         x += norm2(mlp(x))
// attn: qkv, attention of the kind the settings say, proj. mlp: fc1, (dwconv.dwconv,) activation,
// fc2. In training each branch drops by its rate (drop_path).
// Sources: Dosovitskiy et al. 2020; Liu et al. 2021 (windows); Xie et al. 2021 (reduction, Mix-FFN);
// numerics and names of timm and of NVlabs/SegFormer.

#include "tessera/arch/modules.hpp"
#include "tessera/ops/attention.hpp"
#include "tessera/ops/channels.hpp"
#include "tessera/ops/cross_attention.hpp"
#include "tessera/ops/drop_path.hpp"
#include "tessera/ops/gelu.hpp"
#include "tessera/ops/relu.hpp"
#include "tessera/ops/swish.hpp"
#include "tessera/ops/window_attention.hpp"
#include "tessera/ops/windows.hpp"

namespace tessera::inline v0 {

// Where a block stands: number in its stage (odd ones shift their windows), drop rate.
struct block_turn {
  int number = 0;
  double drop = 0;
};

// The words of a block against its width and grid; false after an issue.
TESSERA_COLD constexpr bool check_block(graph& g, const place& t, int width, const vit_settings& s) {
  if (s.heads < 1) g.fail(issue::word_missing, 0, 0, name_of(word::heads));
  if (g.nodes.size() + g.folded_nodes > max_ops)
    g.fail(issue::too_many_nodes, g.nodes.size(), max_ops);
  if (!g.ok()) return false;
  if (s.head_dim == 0 && width % s.heads != 0) g.fail(issue::heads_divide_width, width, s.heads);
  if (s.head_dim > 0 && static_cast<long long>(s.head_dim) * s.heads > 65536)
    g.fail(issue::width_out_of_range, s.heads, s.head_dim);
  const bool needs_grid = s.attention != attention_kind::global || s.mix_mlp ||
                          s.relative != relative_kind::none;
  if (needs_grid && t.prefix > 0)
    g.fail(issue::attention_of_grid, t.prefix, 0,
           name_of(s.mix_mlp                            ? word::mlp
                   : s.relative != relative_kind::none ? word::relative_positions
                                                        : word::attention));
  if (s.attention == attention_kind::reduction) {
    if (s.relative != relative_kind::none)
      g.fail(issue::word_contradicts, s.reduction, 0, name_of(word::relative_positions));
    const int side = t.grid_height < t.grid_width ? t.grid_height : t.grid_width;
    if (s.reduction > side) g.fail(issue::reduction_exceeds_grid, side, s.reduction);
  }
  if (s.window > 0 && !s.padded) {
    if (t.grid_height > s.window && t.grid_height % s.window != 0)
      g.fail(issue::window_divides_grid, t.grid_height, s.window);
    if (t.grid_width > s.window && t.grid_width % s.window != 0)
      g.fail(issue::window_divides_grid, t.grid_width, s.window);
  }
  return g.ok();
}

// Global attention, or in windows (with what adds to its logits); y (T, D) -> (T, heads head_dim).
TESSERA_COLD constexpr value_id build_windows(graph& g, const place& t, value_id y,
                                              const vit_settings& s, int inner, int number) {
  const bool cut = s.window > 0;
  const int wh = cut && s.window < t.grid_height ? s.window : t.grid_height;
  const int ww = cut && s.window < t.grid_width ? s.window : t.grid_width;
  const bool shifted = s.attention == attention_kind::shifted_window && number % 2 == 1;
  const int sh = shifted && wh < t.grid_height ? s.window / 2 : 0;
  const int sw = shifted && ww < t.grid_width ? s.window / 2 : 0;
  const bool whole = wh == t.grid_height && ww == t.grid_width;
  const attributes cutting{t.grid_height, t.grid_width, wh, ww, sh, sw};
  if (!whole) y = emit<"to_windows">(g, {y}, cutting);
  // Own parameters stand before those of modules.
  value_id first = absent, second = absent;
  if (s.relative == relative_kind::decomposed) {
    const int channels = inner / s.heads;
    first = g.add_parameter("rel_pos_h", {2 * wh - 1, channels}, initialiser::zeros);
    second = g.add_parameter("rel_pos_w", {2 * ww - 1, channels}, initialiser::zeros);
  } else if (s.relative == relative_kind::table) {
    first = g.add_parameter("relative_position_bias_table",
                            {(2 * wh - 1) * (2 * ww - 1), s.heads},
                            initialiser::truncated_normal, 0.02f, false);
  }
  y = build_linear(g, "qkv", y, 3 * inner, s.init, s.qkv_bias);
  if (s.relative == relative_kind::decomposed) {
    y = emit<"decomposed_attention">(g, {y, first, second}, {s.heads, wh});
  } else if (first != absent || sh > 0 || sw > 0) {
    if (first != absent) first = emit<"relative_bias">(g, {first}, {wh, ww});
    y = emit<"window_attention">(g, {y, first},
                                 {s.heads, windows_along(t.grid_height, wh),
                                  windows_along(t.grid_width, ww), wh, sh, sw});
  } else {
    y = emit<"attention">(g, {y}, {s.heads});
  }
  y = build_linear(g, "proj", y, g.shape_of(t.x).last(), s.init);
  return whole ? y : emit<"from_windows">(g, {y}, cutting);
}

// Queries of every token on keys of a grid reduced R x R.
TESSERA_COLD constexpr value_id build_reduced(graph& g, const place& t, value_id y,
                                              const vit_settings& s, int inner) {
  const int d = g.shape_of(t.x).last();
  const value_id q = build_linear(g, "q", y, inner, s.init, s.qkv_bias);
  place keys = t;
  keys.x = y;
  if (s.reduction > 1) {
    build_conv(g, "sr", keys, d,
               {s.reduction, s.reduction, 0, initialiser::normal,
                fan_out_deviation(s.reduction, d)});
    keys.x = build_layer_norm(g, "norm", keys.x, 1e-5);
  }
  const value_id kv = build_linear(g, "kv", keys.x, 2 * inner, s.init, s.qkv_bias);
  return build_linear(g, "proj", emit<"cross_attention">(g, {q, kv}, {s.heads}), d, s.init);
}

TESSERA_COLD constexpr value_id build_attention(graph& g, const place& t, value_id y,
                                                const vit_settings& s, int number) {
  const graph::scope attn(g, label("attn"));
  const int d = g.shape_of(t.x).last();
  const int inner = s.head_dim > 0 ? s.head_dim * s.heads : d;
  if (s.attention == attention_kind::reduction) return build_reduced(g, t, y, s, inner);
  if (t.prefix > 0 || (s.attention == attention_kind::global && s.relative == relative_kind::none)) {
    y = build_linear(g, "qkv", y, 3 * inner, s.init, s.qkv_bias);
    return build_linear(g, "proj", emit<"attention">(g, {y}, {s.heads}), d, s.init);
  }
  return build_windows(g, t, y, s, inner, number);
}

TESSERA_COLD constexpr value_id build_activation(graph& g, value_id x, activation_kind kind) {
  switch (kind) {
    case activation_kind::gelu_tanh: return emit<"gelu_tanh">(g, {x});
    case activation_kind::quick_gelu: return emit<"quick_gelu">(g, {x});
    case activation_kind::relu: return emit<"relu">(g, {x});
    case activation_kind::silu: return emit<"silu">(g, {x});
    case activation_kind::gelu: break;
  }
  return emit<"gelu">(g, {x});
}

TESSERA_COLD constexpr value_id build_mlp(graph& g, const place& t, value_id y,
                                          const vit_settings& s) {
  const graph::scope mlp(g, label("mlp"));
  const int d = g.shape_of(t.x).last();
  const int hidden = static_cast<int>(static_cast<long long>(d) * s.mlp_ratio[0] / s.mlp_ratio[1]);
  y = build_linear(g, "fc1", y, hidden < 1 ? 1 : hidden, s.init);
  if (s.mix_mlp) {
    const graph::scope conv(g, label("dwconv"));
    y = build_depthwise(g, "dwconv", t, y, 3);
  }
  return build_linear(g, "fc2", build_activation(g, y, s.activation), d, s.init);
}

struct branch_names {
  label norm, scale, drop;
};

// x plus a branch that ended in y, with what stands between them.
TESSERA_COLD constexpr value_id join_branch(graph& g, const branch_names& of, value_id x,
                                            value_id y, const vit_settings& s, double drop) {
  if (s.place == norm_place::res_post) y = build_layer_norm(g, of.norm, y, s.eps);
  if (s.layer_scale > 0) {
    const graph::scope here(g, of.scale);
    const value_id gamma = g.add_parameter("gamma", {g.shape_of(y).last()}, initialiser::constant,
                                           static_cast<float>(s.layer_scale));
    y = emit<"scale_channels">(g, {y, gamma});
  }
  if (g.training && drop > 0) {
    const graph::scope here(g, of.drop);  // a site of its own for each branch
    y = emit<"drop_path">(g, {y}, {}, g.add_setting("rate", drop));
  }
  x = emit<"add">(g, {x, y});
  return s.place == norm_place::post ? build_layer_norm(g, of.norm, x, s.eps) : x;
}

// t.x (T, D) -> (T, D); its tap is the block's path.
TESSERA_COLD constexpr value_id build_block(graph& g, place t, const vit_settings& s,
                                            block_turn turn = {}) {
  if (!check_block(g, t, g.shape_of(t.x).last(), s)) return t.x;
  const bool before = s.place == norm_place::pre;
  value_id y = before ? build_layer_norm(g, "norm1", t.x, s.eps) : t.x;
  y = build_attention(g, t, y, s, turn.number);
  t.x = join_branch(g, {"norm1", "ls1", "drop_path1"}, t.x, y, s, turn.drop);
  y = before ? build_layer_norm(g, "norm2", t.x, s.eps) : t.x;
  y = build_mlp(g, t, y, s);
  t.x = join_branch(g, {"norm2", "ls2", "drop_path2"}, t.x, y, s, turn.drop);
  g.add_tap(t.x);
  return t.x;
}

// Of `count` blocks in a row a folded graph builds the first four and the last: what stands before
// and after them may be fused with their ends, and odd ones may shift their windows. Those between
// are copies of block 2 or 3.
constexpr bool left_out(int i, int count) { return i > 3 && i < count - 1; }
// Counts the copies of block i, which is built from `node` and `parameter` on.
TESSERA_COLD constexpr void count_copies(graph& g, int i, int count, int node, int parameter) {
  if ((i != 2 && i != 3) || count < 6) return;
  const int more = (count - 2 - i) / 2;
  g.folds.push({node, g.nodes.size(), parameter, g.parameters.size(), more});
  g.folded_nodes += more * (g.nodes.size() - node);
}

// `count` blocks of settings s, numbered from `first`, under `module`; moves t.
TESSERA_COLD constexpr void build_blocks(graph& g, tokens& t, const vit_settings& s, int count,
                                         int first, label module = "blocks") {
  for (int i = 0; i < count && g.ok(); ++i) {
    const graph::scope block(g, module, first + i);
    const int node = g.nodes.size(), parameter = g.parameters.size();
    if (g.folded && left_out(i, count)) {
      g.add_tap(t.x);
      g.left_out.push(g.path);
    } else {
      const double drop = t.blocks > 1 ? s.drop_path * t.block / (t.blocks - 1) : 0;
      t.x = build_block(g, t.here(), s, {i, drop});
      if (g.folded) count_copies(g, i, count, node, parameter);
    }
    ++t.block;
    t.seen->blocks.push(t.here());
  }
}

}  // namespace tessera::inline v0
