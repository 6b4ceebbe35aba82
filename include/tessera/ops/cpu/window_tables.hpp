#pragma once
// What the leaves of decomposed_attention read beside logits and queries, the same for every
// instruction set.

#include <cstdint>

namespace tessera::inline v0 {

// Tables of positions of a window: down (2 height - 1, channels), across (2 width - 1, channels).
struct window_tables {
  std::int64_t height, width, c;
  const float *down, *across;
};

}  // namespace tessera::inline v0
