#pragma once
// What the words of a vision transformer say, gathered into one plain struct, and the cursor that
// parts move along the graph. Defaults are timm's.

#include "tessera/graph/graph.hpp"

namespace tessera::inline v0 {

// The words, for "each at most once". The alternatives of one choice are one word.
enum class word {
  image, patch, conv_stem, normalise, width, heads, head_dim, mlp_ratio, mlp, depth, classes,
  stages, attention, relative_positions, qkv_bias, layer_scale, drop_path, norm, norm_eps,
  class_token, distillation_token, registers, extra_tokens, positions, global_pool, head, merge,
  split, stride, padding, normed, activation,
};

TESSERA_COLD constexpr name name_of(word w) {
  constexpr name names[] = {
      "image",       "patch",              "conv_stem",    "normalise",
      "width",       "heads",              "head_dim",     "mlp_ratio",
      "mlp",         "depth",              "classes",      "stages",
      "attention",   "relative_positions", "qkv_bias",     "layer_scale",
      "drop_path",   "norm",               "norm_eps",     "class_token",
      "distillation_token", "registers",   "extra_tokens", "positions",
      "global_pool", "head",               "merge",        "split",
      "stride",      "padding",            "normed",       "activation"};
  return names[static_cast<int>(w)];
}

inline constexpr int max_tokens = 1 << 20;  // products of counts then stay inside 64 bits,
inline constexpr long long max_weights = 1LL << 40;  // those of one matrix too
inline constexpr int max_blocks = 256, max_ops = 3200;  // what compilers build at default limits

enum class init_scheme { timm, mae };  // truncated normal 0.02; xavier-uniform
enum class attention_kind { global, window, shifted_window, reduction };
enum class relative_kind { none, table, decomposed };
enum class activation_kind { gelu, gelu_tanh, quick_gelu, relu, silu };
enum class norm_place { pre, post, res_post };
enum class position_kind { learned, sin_cos, none };
enum class pool_kind { natural, token, average, normed_average, mean };
enum class head_kind { linear, fc, none, distilled, all_mlp, reconstruction };

// The bounds of a word's number, said once for the word and for its rule.
struct range {
  int least, most;
  constexpr bool has(long long n) const { return least <= n && n <= most; }
  constexpr int nearest(long long n) const {
    return n < least ? least : n > most ? most : static_cast<int>(n);
  }
  constexpr int number(long long n) const { return has(n) ? static_cast<int>(n) : 0; }
};

struct vit_settings {
  int image_height = 0, image_width = 0, channels = 3;
  int patch = 0, stride = 0, padding = 0;  // stride 0: equal to patch
  bool patch_norm = false;                 // a layer_norm after the patches
  int stem[6] = {}, stem_convs = 0;        // channels of the stem's convolutions
  int normalised_channels = 0;             // 0: images come normalised
  double mean[4] = {}, deviation[4] = {};
  int width = 0, depth = 0, classes = 0;
  int registers = 0, extra_tokens = 0;
  bool no_class_token = false, distillation_token = false;
  position_kind positions = position_kind::learned;
  pool_kind pool = pool_kind::natural;
  head_kind head = head_kind::linear;
  int decoder_width = 0;                   // of head::all_mlp
  double drop_path = 0;                    // rate of the last block; the first has 0
  bool staged = false, embeds = false;     // parts build the body; the first makes its own tokens
  int stage_parts = 0, stage_blocks = 0;

  // of blocks; a part may say its own
  int heads = 0, head_dim = 0;             // head_dim 0: width / heads
  int mlp_ratio[2] = {4, 1};               // hidden width = width [0] / [1]
  bool mix_mlp = false;
  activation_kind activation = activation_kind::gelu;
  attention_kind attention = attention_kind::global;
  int window = 0, reduction = 1;
  bool padded = false;
  relative_kind relative = relative_kind::none;
  bool qkv_bias = true;
  double layer_scale = 0;                  // 0: none
  norm_place place = norm_place::pre;
  double eps = 1e-6;
  int merged_width = 0, split_width = 0;   // of a layer
  init_scheme init = init_scheme::timm;

  unsigned seen = 0;                       // words met, one bit each
  bool invalid = false;                    // a word has already said what is wrong with it
  first_issue found;

  constexpr bool has(word w) const { return (seen >> static_cast<int>(w) & 1u) != 0; }
  constexpr bool class_token() const { return !staged && !no_class_token; }
  constexpr int prefix() const {
    return staged ? 0 : (class_token() ? 1 : 0) + (distillation_token ? 1 : 0) + registers +
                            extra_tokens;
  }
  constexpr int step() const { return stride > 0 ? stride : patch; }

  // A word meets the settings: at most once each.
  constexpr void meet(word w) {
    if (has(w) && found.code == issue::none) found = {issue::word_twice, 0, 0, name_of(w)};
    seen |= 1u << static_cast<int>(w);
  }
  constexpr void put(word w, int& field, long long n, range r) {
    meet(w);
    put(field, n, r);
  }
  constexpr void put(int& field, long long n, range r) {
    invalid = invalid || !r.has(n);
    field = r.number(n);
  }
};

// Tokens on their grid: x (prefix + grid_height * grid_width, width).
struct place {
  value_id x = absent;
  int grid_height = 0, grid_width = 0, prefix = 0;

  constexpr int cells() const { return grid_height * grid_width; }
};

// Where an architecture was: after each block, and the feature maps of its stages.
struct body {
  buffer<place> blocks, features;
};

// The tokens under construction.
struct tokens : place {
  int block = 0, layer = 0, codes = 0;  // blocks, layers and codes built so far
  int blocks = 0;                       // in all
  bool split = false;                   // a layer has split cells: the decoder's half
  value_id images = absent;
  vit_settings s;
  body* seen = nullptr;

  constexpr place here() const { return *this; }
};

}  // namespace tessera::inline v0
