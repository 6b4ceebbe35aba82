#pragma once
// From stored bytes to batches: picks images by index, normalises them and may mirror them.
//     out[b, c, y, x] = (pixel[indices[b], c, y, x or W - 1 - x] / 255 - mean[c]) / stddev[c]
// Images are uint8 [n, C, H, W]; the batch is float [B, C, H, W] in the caller's memory. Nothing is
// allocated. The arithmetic is float and step by step, as in torchvision's ToTensor and Normalize.
// Errors: tessera::error for an index, a size, a mean or a deviation that does not fit; then `out`
// is untouched.

#include "tessera/config.hpp"
#include "tessera/error.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tessera::inline v0 {

struct image_view {
  std::span<const std::uint8_t> pixels;  // [n, C, H, W]
  int channels = 0, height = 0, width = 0;

  std::size_t image_size() const noexcept {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
           static_cast<std::size_t>(width);
  }
  std::size_t size() const noexcept { return image_size() == 0 ? 0 : pixels.size() / image_size(); }
};

// flip: empty (none is mirrored) or one value per index, mirrored left to right where not 0.
inline void gather_images(const image_view& set, std::span<const int> indices,
                          std::span<const float> mean, std::span<const float> stddev,
                          std::span<const std::uint8_t> flip, std::span<float> out) {
  const auto need = [](bool holds, const char* expected, auto found) {
    if (!holds) throw error("gather_images", expected, std::to_string(found));
  };
  need(set.channels > 0 && set.height > 0 && set.width > 0, "images of a positive size",
       set.image_size());
  need(set.pixels.size() % set.image_size() == 0, "whole images", set.pixels.size());
  const auto channels = static_cast<std::size_t>(set.channels);
  const auto columns = static_cast<std::size_t>(set.width);
  const std::size_t plane = columns * static_cast<std::size_t>(set.height);
  need(mean.size() == channels, "one mean per channel", mean.size());
  need(stddev.size() == channels, "one stddev per channel", stddev.size());
  for (const float m : mean) need(std::isfinite(m), "finite means", m);
  for (const float s : stddev) need(std::isfinite(s) && s > 0, "positive stddevs", s);
  need(flip.empty() || flip.size() == indices.size(), "one flip per index or none", flip.size());
  need(out.size() == indices.size() * set.image_size(), "out of B * C * H * W", out.size());
  for (const int i : indices)
    need(i >= 0 && static_cast<std::size_t>(i) < set.size(), "indices within the set", i);

  for (std::size_t c = 0; c < channels; ++c) {
    float value[256];  // of each byte in this channel
    for (int v = 0; v < 256; ++v) value[v] = (static_cast<float>(v) / 255.0f - mean[c]) / stddev[c];
    for (std::size_t b = 0; b < indices.size(); ++b) {
      const auto image = static_cast<std::size_t>(indices[b]);
      const std::uint8_t* from = set.pixels.data() + (image * channels + c) * plane;
      float* to = out.data() + (b * channels + c) * plane;
      if (flip.empty() || flip[b] == 0) {
        for (std::size_t p = 0; p < plane; ++p) to[p] = value[from[p]];
      } else {
        for (std::size_t row = 0; row < plane; row += columns)
          for (std::size_t x = 0; x < columns; ++x)
            to[row + x] = value[from[row + columns - 1 - x]];
      }
    }
  }
}

inline void gather_images(const image_view& set, std::span<const int> indices,
                          std::span<const float> mean, std::span<const float> stddev,
                          std::span<float> out) {
  gather_images(set, indices, mean, stddev, {}, out);
}

// out[b] = labels[indices[b]]
inline void gather_labels(std::span<const int> labels, std::span<const int> indices,
                          std::span<int> out) {
  if (out.size() != indices.size())
    throw error("gather_labels", "out of " + std::to_string(indices.size()),
                std::to_string(out.size()));
  for (const int i : indices)
    if (i < 0 || static_cast<std::size_t>(i) >= labels.size())
      throw error("gather_labels", "indices within " + std::to_string(labels.size()),
                  std::to_string(i));
  for (std::size_t b = 0; b < indices.size(); ++b)
    out[b] = labels[static_cast<std::size_t>(indices[b])];
}

}  // namespace tessera::inline v0
