#pragma once
// Random erasing: with a probability, a random rectangle of a normalised image becomes 0 or noise.
// Drawing and erasing are two functions; both depend on (key, step, sample) alone.
//
// Of at most ten tries (data/rectangle.hpp) with aspect = height / width, the first whose sides are
// both shorter than the image's is taken; after ten failures nothing is erased.
// Source: timm's RandomErasing with one box; Zhong et al., "Random erasing data augmentation", AAAI
// 2020, arXiv 1708.04896.

#include "tessera/data/rectangle.hpp"
#include "tessera/error.hpp"
#include "tessera/tensor/philox.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tessera::inline v0 {

inline constexpr rectangle_law erase_law{0.02, 1.0 / 3.0, 0.3, 1.0 / 0.3};

enum class erase_fill {
  zero,   // the mean of a normalised image
  noise,  // N(0, 1), a number per pixel and channel
};

// The rectangle as a function of 44 numbers u(0) .. u(43) of [0, 1). Something is erased where
// u(0) < probability; try t reads u(4 t + 4) .. u(4 t + 7). An empty rectangle where nothing is
// erased. Throws tessera::error for a law, a size or a probability out of bounds.
template <class Uniforms>
rectangle erase_rectangle(int height, int width, const rectangle_law& law, double probability,
                          const Uniforms& u) {
  detail::check_law("erase_rectangle", height, width, law);
  if (!(probability >= 0 && probability <= 1))
    throw error("erase_rectangle", "a probability", std::to_string(probability));
  if (!(u(0) < probability)) return {};
  for (int t = 4; t < 44; t += 4) {
    const detail::rectangle_sides side(height, width, law, u(t), u(t + 1));
    if (!(side.along < height && side.across < width)) continue;
    const int h = static_cast<int>(side.along), w = static_cast<int>(side.across);
    if (h == 0 || w == 0) return {};
    return {detail::cell_of(u(t + 2), height - h + 1), detail::cell_of(u(t + 3), width - w + 1), h,
            w};
  }
  return {};
}

// The rectangle of one sample at one step (an epoch, or a count of batches).
inline rectangle draw_erase(int height, int width, const rectangle_law& law, double probability,
                            random_key key, std::uint64_t step, std::uint64_t sample) {
  return erase_rectangle(height, width, law, probability, [&](int i) {
    return uniform_double(key, step, site_hash("data.erase"), sample,
                          static_cast<std::uint64_t>(i));
  });
}

// Erases `part` of image [C, height, width] in place. An empty rectangle changes nothing. Noise is
// a function of (key, step, sample) and of the element's place in the image. Throws tessera::error
// for sizes that do not fit and for a rectangle that leaves the image; then the image is unchanged.
inline void erase_pixels(std::span<float> image, int channels, int height, int width,
                  const rectangle& part, erase_fill fill, random_key key, std::uint64_t step,
                  std::uint64_t sample) {
  if (channels < 1 || height < 1 || width < 1)
    throw error("erase_pixels", "an image of a positive size",
                std::to_string(channels) + " x " + std::to_string(height) + " x " +
                    std::to_string(width));
  const std::size_t plane = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  if (image.size() / plane != static_cast<std::size_t>(channels) || image.size() % plane != 0)
    throw error("erase_pixels", "an image of C * H * W values", std::to_string(image.size()));
  if (part.empty()) return;
  if (!part.inside(height, width))
    throw error("erase_pixels", "a rectangle within the image", detail::to_string(part));

  const auto columns = static_cast<std::size_t>(width);
  for (std::size_t corner = 0; corner < image.size(); corner += plane)
    for (int y = part.top; y < part.top + part.height; ++y) {
      const std::size_t row = corner + static_cast<std::size_t>(y) * columns;
      for (int x = part.left; x < part.left + part.width; ++x) {
        const std::size_t i = row + static_cast<std::size_t>(x);
        image[i] = fill == erase_fill::zero
                       ? 0.0f
                       : normal(key, step, site_hash("data.erase.noise"), sample, i);
      }
    }
}

}  // namespace tessera::inline v0
