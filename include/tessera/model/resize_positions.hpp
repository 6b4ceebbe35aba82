#pragma once
// Position embeddings (1, P + h w, D) for another grid of tokens: the P rows of prefix tokens are
// kept, the others, row-major, resized as a picture of D channels (ops/cells.hpp: resize_cells).
//
//     ts::model<vit_b_384> net;                                    // 24 x 24 patches
//     ts::load_resized(net.parameters(), "vit_b_224.safetensors"); // of 14 x 14
//
// The default, bicubic of a = -1/2 with antialiasing, is that of timm; MAE and DeiT resize by
// resize_mode::bicubic. Summed in double, where timm has float.
// Source: timm.layers.resample_abs_pos_embed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/model/checkpoint.hpp"
#include "tessera/ops/reference/resample.hpp"

namespace tessera::inline v0 {

struct token_grid {
  int height = 0, width = 0;  // in tokens; 0 x 0: not given

  friend bool operator==(const token_grid&, const token_grid&) = default;
};

// A grid that is not given is square, by the count of tokens.
struct position_resize {
  int prefix = 1;  // tokens before the grid that have positions: class, distillation, registers
  token_grid from{}, to{};
  resize_mode mode = resize_mode::bicubic_antialias;
};

namespace detail {

// The grid of `tokens` tokens, checked.
inline token_grid grid_of(const std::string& what, std::int64_t tokens, int prefix,
                          token_grid given) {
  const std::int64_t cells = tokens - prefix;
  const bool square = given == token_grid{};
  for (int side = 1; square && std::int64_t(side) * side <= cells; ++side) given = {side, side};
  if (prefix < 0 || given.height < 1 || given.width < 1 ||
      std::int64_t(given.height) * given.width != cells) {
    const std::string grid = square ? "a square grid (or its height and width)"
                                    : std::to_string(given.height) + " x " +
                                          std::to_string(given.width) + " tokens";
    throw error(what, std::to_string(prefix) + " prefix tokens and " + grid,
                std::to_string(tokens) + " tokens");
  }
  return given;
}

// Both grids known and checked: rows of `width` numbers.
template <class T>
void resize_rows(const T* x, T* y, int width, const position_resize& how) {
  const std::int64_t prefix = std::int64_t(how.prefix) * width;
  std::copy_n(x, prefix, y);
  const auto cells = [&](const void* data, token_grid g) {
    operand o{const_cast<void*>(data), {1, 1, 2, {g.height * g.width, width}}, 0, false};
    o.count = o.extent.count(1);
    return o;
  };
  const operand in = cells(x + prefix, how.from), out = cells(y + prefix, how.to);
  arguments a;
  a.inputs = &in;
  a.outputs = &out;
  a.input_count = 1;
  a.batch = 1;
  a.attr = {how.from.height, how.from.width, how.to.height, how.to.width,
            static_cast<int>(how.mode)};
  kernel<"resize_cells", reference>::run<T>(a);
}

// Whether the slice `s` and a tensor of this shape are both positions, of equal width.
inline bool are_positions(const slice& s, const std::vector<std::int64_t>& shape) {
  return std::string_view(s.name).ends_with("pos_embed") && s.shape.size() == 3 &&
         s.shape[0] == 1 && shape.size() == 3 && shape[0] == 1 && shape[2] == s.shape[2] &&
         shape[1] <= INT32_MAX;
}

}  // namespace detail

// (1, P + h w, D) -> (1, P + H W, D), D = `width`; how.to must be given. Throws tessera::error
// where the numbers are no such rows.
template <class T>
std::vector<T> resize_positions(std::span<const T> pos_embed, int width, position_resize how) {
  const std::string what = "resize_positions";
  const auto size = static_cast<std::int64_t>(pos_embed.size());
  if (width < 1 || size % width != 0)
    throw error(what, "rows of a width of at least 1",
                std::to_string(size) + " numbers, width " + std::to_string(width));
  how.from = detail::grid_of(what, size / width, how.prefix, how.from);
  const std::int64_t cells = std::int64_t(how.to.height) * how.to.width;
  if (how.to.height < 1 || how.to.width < 1 || (cells + how.prefix) > INT32_MAX / width)
    throw error(what, "a new grid of a size that memory holds",
                std::to_string(how.to.height) + " x " + std::to_string(how.to.width));
  std::vector<T> y(static_cast<std::size_t>((how.prefix + cells) * width));
  detail::resize_rows(pos_embed.data(), y.data(), width, how);
  return y;
}

// load_weights, but slices whose name ends with "pos_embed" may have another count of tokens in the
// file (of any number, with one `how` for all) and are resized. Strict in all else: then, and where
// the tokens are no grids, one tessera::error, and no weight has changed.
template <class T>
void load_resized(weights<T>& w, const safetensors_file& file, const std::string& what,
                  const position_resize& how = {}) {
  weights<T> stored;  // w as the file has it
  stored.table = w.table;
  for (slice& s : stored.table) {
    const safetensors_entry* e = file.find(s.name);
    if (e == nullptr || !detail::are_positions(s, e->shape)) continue;
    s.shape[1] = static_cast<int>(e->shape[1]);
    s.size = e->shape[1] * s.shape[2];
  }
  std::int64_t offset = 0;
  for (slice& s : stored.table) {
    s.offset = offset;
    offset += (s.size + 15) / 16 * 16;
  }
  stored.values.resize(static_cast<std::size_t>(offset));
  const std::string prefix;
  stored.values = std::move(detail::read_slices(stored, file, what, {&prefix, 1}).front());

  std::vector<T> fresh(w.values.size());
  for (std::size_t i = 0; i < w.table.size(); ++i) {
    const slice &from = stored.table[i], &to = w.table[i];
    const T* x = stored.values.data() + from.offset;
    const bool turned = how.from != how.to;
    const std::vector<std::int64_t> shape(from.shape.begin(), from.shape.end());
    if ((turned || from.shape != to.shape) && detail::are_positions(to, shape)) {
      position_resize each = how;
      const std::string where = "load " + what + ": " + to.name;
      each.from = detail::grid_of(where, from.shape[1], how.prefix, how.from);
      each.to = detail::grid_of(where + " of the model", to.shape[1], how.prefix, how.to);
      T* const resized = fresh.data() + to.offset;
      detail::resize_rows(x, resized, to.shape[2], each);
      for (std::int64_t k = 0; k < to.size; ++k)
        if (!std::isfinite(resized[k]))
          throw error(where, "numbers that stay finite when resized", std::to_string(resized[k]));
    } else {
      std::copy_n(x, to.size, fresh.data() + to.offset);
    }
  }
  w.values.swap(fresh);
}

template <class T>
void load_resized(weights<T>& w, const std::string& path, const position_resize& how = {}) {
  load_resized(w, safetensors_file::open(path), path, how);
}

}  // namespace tessera::inline v0
