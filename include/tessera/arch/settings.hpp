#pragma once
// What the words of a vision transformer say, gathered into one plain struct, and the cursor that
// parts move along the graph. Defaults are timm's.

#include "tessera/graph/graph.hpp"

namespace tessera::inline v0 {

enum class init_scheme { timm, mae };  // truncated normal 0.02; xavier-uniform

struct vit_settings {
  int image_height = 0, image_width = 0, channels = 3;
  int patch = 0, stride = 0, padding = 0;  // stride 0: equal to patch
  int width = 0, heads = 0, depth = 0, classes = 0, mlp_ratio = 4;
  bool staged = false;      // parts build the body; no class token, mean pool
  bool mean_pool = false;   // mean of the patch tokens, then fc_norm (timm: global_pool="avg")
  init_scheme init = init_scheme::timm;

  unsigned seen = 0;        // words met, one bit each
  bool invalid = false;     // a word has already said what is wrong with it
  first_issue found;

  constexpr bool class_token() const { return !staged; }
  constexpr int step() const { return stride > 0 ? stride : patch; }
};

// A word meets the settings: at most once each.
constexpr void meet(vit_settings& s, int word) {
  if ((s.seen >> word & 1u) != 0 && s.found.code == issue::none)
    s.found = {issue::word_twice, word, 0};
  s.seen |= 1u << word;
}

// The tokens under construction: x (prefix + grid_height * grid_width, width).
struct tokens {
  value_id x = absent;
  int grid_height = 0, grid_width = 0, prefix = 0;
  int block = 0;  // blocks built so far
  vit_settings s;

  constexpr int cells() const { return grid_height * grid_width; }
};

}  // namespace tessera::inline v0
