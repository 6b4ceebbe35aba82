#pragma once
// Rectangles of an image, in whole pixels, and the way random ones are tried that
// random_resized_crop and random_erase have in common. One try takes four numbers u of [0, 1):
//     area   = H W (least_area + u0 (most_area - least_area))                    pixels
//     aspect = exp(log least_aspect + u1 (log most_aspect - log least_aspect))   log-uniform
//     sides  = round(sqrt(area aspect)), round(sqrt(area / aspect))              halves to even
//     top    = floor(u2 (H - height + 1)), left = floor(u3 (W - width + 1))
// Which side is the width, and which sides are too large, is said where it is used.

#include "tessera/error.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

namespace tessera::inline v0 {

struct rectangle {
  int top = 0, left = 0, height = 0, width = 0;

  constexpr bool empty() const noexcept { return height <= 0 || width <= 0; }
  // Within an image of rows x columns pixels.
  constexpr bool inside(int rows, int columns) const noexcept {
    return top >= 0 && left >= 0 && height >= 0 && width >= 0 && top <= rows - height &&
           left <= columns - width;
  }
  friend constexpr bool operator==(const rectangle&, const rectangle&) = default;
};

// Bounds of random rectangles: the area as a share of the image's, and the aspect.
struct rectangle_law {
  double least_area, most_area;
  double least_aspect, most_aspect;
};

namespace detail {

inline std::string to_string(const rectangle& r) {
  return std::to_string(r.height) + " x " + std::to_string(r.width) + " at row " +
         std::to_string(r.top) + ", column " + std::to_string(r.left);
}

// Throws tessera::error unless 0 <= least_area <= most_area <= 1 and 0 < least_aspect <=
// most_aspect < infinity and the image has pixels.
inline void check_law(std::string_view operation, int height, int width, const rectangle_law& law) {
  if (height < 1 || width < 1)
    throw error(operation, "an image of a positive size",
                std::to_string(height) + " x " + std::to_string(width));
  if (!(law.least_area >= 0 && law.least_area <= law.most_area && law.most_area <= 1))
    throw error(operation, "0 <= least_area <= most_area <= 1",
                std::to_string(law.least_area) + " and " + std::to_string(law.most_area));
  if (!(law.least_aspect > 0 && law.least_aspect <= law.most_aspect &&
        std::isfinite(law.most_aspect)))
    throw error(operation, "0 < least_aspect <= most_aspect",
                std::to_string(law.least_aspect) + " and " + std::to_string(law.most_aspect));
}

// Whole numbers, kept as double: a side may be far longer than any image.
struct rectangle_sides {
  double along, across;  // sqrt(area aspect), sqrt(area / aspect)

  rectangle_sides(int height, int width, const rectangle_law& law, double u0, double u1) {
    const double area = static_cast<double>(height) * static_cast<double>(width) *
                        (law.least_area + u0 * (law.most_area - law.least_area));
    const double least = std::log(law.least_aspect), most = std::log(law.most_aspect);
    const double aspect = std::exp(least + u1 * (most - least));
    along = std::nearbyint(std::sqrt(area * aspect));
    across = std::nearbyint(std::sqrt(area / aspect));
  }
};

// floor(u n), within [0, n) whatever u is.
inline int cell_of(double u, int n) {
  const double at = u * static_cast<double>(n);
  return at > 0 ? static_cast<int>(std::min(at, static_cast<double>(n - 1))) : 0;
}

}  // namespace detail

}  // namespace tessera::inline v0
