#pragma once
// The table of contents of a flat parameter buffer. Optimizers, averages, decay masks, federated
// scopes and checkpoints are operations on named slices; none of them knows an architecture.

#include "tessera/graph/kinds.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::inline v0 {


struct slice {
  std::string name;        // "blocks.3.attn.qkv.weight"
  std::vector<int> shape;  // {576, 192}
  std::int64_t offset = 0, size = 0;  // in elements of the flat buffer
  slice_kind kind = slice_kind::weight;
  bool decay = true;  // weight decay applies (timm: not for 1-D tensors, tokens and positions)

  friend bool operator==(const slice&, const slice&) = default;
};

// Whether `name` lies in the scope `pattern`: "*" everything, "blocks.*" everything below "blocks.",
// otherwise the name itself.
inline bool in_scope(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('*')) return name == pattern;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace tessera::inline v0
