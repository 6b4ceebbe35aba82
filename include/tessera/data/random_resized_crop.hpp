#pragma once
// Random resized crops: a random rectangle of each image, resized to one size. Drawing and applying
// are two functions; what is drawn depends on (key, step, sample) alone, so an epoch's crops are
// the same whoever makes the batch.
//
// Of at most ten tries (data/rectangle.hpp) with aspect = width / height, the first whose sides are
// positive and fit into the image is taken. After ten failures it is the central rectangle: the
// whole image if its aspect lies within the bounds, else the largest one of the nearer bound.
// Source: torchvision's RandomResizedCrop.make_params; Szegedy et al., "Going deeper with
// convolutions", CVPR 2015.
//
//     resampler resize(224, 224);
//     for (std::size_t b = 0; b < indices.size(); ++b) {
//       const auto sample = static_cast<std::uint64_t>(indices[b]);
//       crops[b] = draw_crop(set.height, set.width, crop_law, key, epoch, sample);
//       flip[b] = draw_flip(key, epoch, sample);
//     }
//     gather_crops(set, indices, crops, mean, stddev, flip, resize, batch);

#include "tessera/data/images.hpp"
#include "tessera/data/rectangle.hpp"
#include "tessera/data/resample.hpp"
#include "tessera/error.hpp"
#include "tessera/tensor/philox.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tessera::inline v0 {

inline constexpr rectangle_law crop_law{0.08, 1.0, 3.0 / 4.0, 4.0 / 3.0};

// The rectangle as a function of 40 numbers u(0) .. u(39) of [0, 1): try t reads four of them from
// u(4 t) on. Always inside the image and never empty. Throws tessera::error for a law or a size out
// of bounds.
template <class Uniforms>
rectangle crop_rectangle(int height, int width, const rectangle_law& law, const Uniforms& u) {
  detail::check_law("crop_rectangle", height, width, law);
  for (int t = 0; t < 40; t += 4) {
    const detail::rectangle_sides side(height, width, law, u(t), u(t + 1));
    if (!(side.along > 0 && side.along <= width && side.across > 0 && side.across <= height))
      continue;
    const int h = static_cast<int>(side.across), w = static_cast<int>(side.along);
    return {detail::cell_of(u(t + 2), height - h + 1), detail::cell_of(u(t + 3), width - w + 1), h,
            w};
  }
  // At least one pixel, also where an extreme bound rounds to none.
  const auto within = [](double side, int most) {
    return static_cast<int>(std::clamp(std::nearbyint(side), 1.0, static_cast<double>(most)));
  };
  const double aspect = static_cast<double>(width) / height;
  int h = height, w = width;
  if (aspect < law.least_aspect) h = within(width / law.least_aspect, height);
  if (aspect > law.most_aspect) w = within(height * law.most_aspect, width);
  return {(height - h) / 2, (width - w) / 2, h, w};
}

// The rectangle of one sample at one step (an epoch, or a count of batches).
inline rectangle draw_crop(int height, int width, const rectangle_law& law, random_key key,
                           std::uint64_t step, std::uint64_t sample) {
  return crop_rectangle(height, width, law, [&](int i) {
    return uniform_double(key, step, site_hash("data.crop"), sample, static_cast<std::uint64_t>(i));
  });
}

// Whether to mirror one sample at one step: 1 with this probability, else 0.
inline std::uint8_t draw_flip(random_key key, std::uint64_t step, std::uint64_t sample,
                              double probability = 0.5) {
  return uniform_double(key, step, site_hash("data.flip"), sample, 0) < probability ? 1 : 0;
}

// out[b] = the pixels of crops[b] of image indices[b], resized as float in 0..255, mirrored left to
// right where flip[b] is not 0, divided by 255 and normalised; out is [B, C, resize.height(),
// resize.width()]. flip: empty (none) or one value per index. With the whole image as rectangle and
// its size as target this is gather_images. Throws tessera::error as gather_images does, and unless
// there is one rectangle per index, not empty and within the image; then out is untouched.
inline void gather_crops(const image_view& set, std::span<const int> indices,
                         std::span<const rectangle> crops, std::span<const float> mean,
                         std::span<const float> stddev, std::span<const std::uint8_t> flip,
                         resampler<float>& resize, std::span<float> out) {
  const auto need = [](bool holds, const char* expected, auto found) {
    if (!holds) throw error("gather_crops", expected, std::to_string(found));
  };
  need(set.channels > 0 && set.height > 0 && set.width > 0, "images of a positive size",
       std::min({set.channels, set.height, set.width}));
  need(set.pixels.size() % set.image_size() == 0, "whole images", set.pixels.size());
  const auto channels = static_cast<std::size_t>(set.channels);
  const auto columns = static_cast<std::size_t>(resize.width());
  const std::size_t plane = columns * static_cast<std::size_t>(resize.height());
  need(crops.size() == indices.size(), "one rectangle per index", crops.size());
  need(mean.size() == channels, "one mean per channel", mean.size());
  need(stddev.size() == channels, "one stddev per channel", stddev.size());
  for (const float m : mean) need(std::isfinite(m), "finite means", m);
  for (const float s : stddev) need(std::isfinite(s) && s > 0, "positive stddevs", s);
  need(flip.empty() || flip.size() == indices.size(), "one flip per index or none", flip.size());
  need(out.size() == indices.size() * channels * plane, "out of B * C * height * width",
       out.size());
  for (const int i : indices)
    need(i >= 0 && static_cast<std::size_t>(i) < set.size(), "indices within the set", i);
  for (const rectangle& r : crops)
    if (r.empty() || !r.inside(set.height, set.width))
      throw error("gather_crops", "rectangles within the image", detail::to_string(r));

  resize.reserve(set.height, set.width);
  for (std::size_t b = 0; b < indices.size(); ++b) {
    const auto image = set.pixels.subspan(static_cast<std::size_t>(indices[b]) * set.image_size(),
                                          set.image_size());
    const auto to = out.subspan(b * channels * plane, channels * plane);
    resize.resize(image, set.channels, set.height, set.width, crops[b], to);
    for (std::size_t row = 0; row < to.size(); row += columns) {
      const auto line = to.subspan(row, columns);
      if (!flip.empty() && flip[b] != 0) std::reverse(line.begin(), line.end());
      const std::size_t c = row / plane;
      for (float& value : line) value = (value / 255.0f - mean[c]) / stddev[c];
    }
  }
}

}  // namespace tessera::inline v0
