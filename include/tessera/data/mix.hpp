#pragma once
// Mixup and CutMix: every image of a batch is mixed with its partner, image b with image B - 1 - b,
// and so are the targets. One lambda and one box for the batch.
//     mixup    x[b] <- lambda x[b] + (1 - lambda) x[B - 1 - b]
//     cutmix   x[b] <- x[B - 1 - b] inside the box, x[b] outside;  lambda = 1 - box area / (H W)
//     target   t[b] = lambda e(y[b]) + (1 - lambda) e(y[B - 1 - b])
//              e(y) is smoothing / K everywhere and 1 - smoothing + smoothing / K at class y
// lambda comes from Beta(alpha, alpha); CutMix makes a box of its share 1 - lambda with a uniform
// centre, cuts it at the border and corrects lambda to the area that is left. The middle image of
// an odd batch is its own partner and stays as it is.
// Source: timm's Mixup in batch mode; Zhang et al., arXiv 1710.09412; Yun et al., arXiv 1905.04899.

#include "tessera/data/rectangle.hpp"
#include "tessera/error.hpp"
#include "tessera/tensor/philox.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace tessera::inline v0 {

// A batch is mixed with `probability`. An alpha of 0 switches that kind off; where both are on, a
// mixed batch gets CutMix with `switch_probability`, else mixup.
struct mix_settings {
  double mixup_alpha = 0.8, cutmix_alpha = 1.0;
  double probability = 1.0, switch_probability = 0.5;
};

// What happens to one batch: CutMix where the box is not empty, else mixup; nothing at lambda 1.
struct batch_mix {
  double lambda = 1;  // the share of an image that stays its own
  rectangle box;

  friend bool operator==(const batch_mix&, const batch_mix&) = default;
};

// A number of Beta(alpha, alpha): G0 / (G0 + G1) with two gamma variates, formed from their
// logarithms so that a small alpha, whose variates are below the smallest double, gives 0 or 1 and
// not 0 / 0. Throws tessera::error unless alpha is positive and finite.
// Source: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.
double draw_beta(double alpha, random_key key, std::uint64_t step, std::uint64_t sample = 0);

// The box of CutMix from lambda and two numbers of [0, 1): sides floor(H sqrt(1 - lambda)) and
// floor(W sqrt(1 - lambda)), centre (floor(u_row H), floor(u_column W)), cut at the border. Empty
// where nothing is left. Throws tessera::error unless 0 <= lambda <= 1 and the image has pixels.
rectangle cutmix_box(int height, int width, double lambda, double u_row, double u_column);

// The mix of the batch of one step (a count of batches) for images of height x width. Throws
// tessera::error for settings out of bounds: alphas negative or both 0, numbers that are no
// probabilities.
batch_mix draw_mix(int height, int width, const mix_settings& settings, random_key key,
                   std::uint64_t step);

// Mixes batch [B, C, height, width] in place. Throws tessera::error for sizes that do not fit, a
// lambda outside [0, 1] and a box that leaves the image; then the batch is unchanged.
void mix_images(std::span<float> batch, int channels, int height, int width, const batch_mix& mix);

// out [B, K] = the targets of labels [B] in [0, K). At lambda 1 they are the smoothed labels.
// Throws tessera::error for a label, a size, a lambda or a smoothing out of bounds; then out is
// untouched.
void mix_targets(std::span<const int> labels, int classes, double lambda, double smoothing,
                 std::span<float> out);

namespace detail {

inline void need_mix(bool holds, const char* operation, const char* expected, double found) {
  if (!holds) throw error(operation, expected, std::to_string(found));
}
inline bool is_share(double x) { return x >= 0 && x <= 1; }

// log of a variate of Gamma(alpha, 1). With d = alpha - 1/3 and v = (1 + x / sqrt(9 d))^3, x normal
// and u uniform, d v is one if log u < x^2 / 2 + d - d v + d log v; more than 95 of 100 tries are.
// For alpha below 1, a variate of Gamma(alpha + 1) times u^(1 / alpha).
inline double log_gamma_variate(double alpha, random_key key, std::uint64_t step,
                                std::uint64_t sample, std::uint64_t which) {
  // Of (0, 1], so that its logarithm is finite.
  const auto uniform = [&](std::uint64_t element, std::uint32_t draw) {
    return 1 - uniform_double(key, step, site_hash("data.mix.uniform"), sample, element, draw);
  };
  const double d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3.0, c = 1 / std::sqrt(9 * d);
  double log_v = 0;
  for (std::uint32_t draw = 0; draw < 256; ++draw) {
    const double x =
        normal<double>(key, step, site_hash("data.mix.normal"), sample, which, draw);
    if (1 + c * x <= 0) continue;
    log_v = 3 * std::log(1 + c * x);
    if (std::log(uniform(which, draw)) < x * x / 2 + d * (1 - std::exp(log_v) + log_v)) break;
  }
  const double boost =
      alpha < 1 ? std::log(uniform(2 + which, 0)) / std::max(alpha, 1e-300) : 0;  // finite
  return std::log(d) + log_v + boost;
}

}  // namespace detail

inline double draw_beta(double alpha, random_key key, std::uint64_t step, std::uint64_t sample) {
  detail::need_mix(alpha > 0 && std::isfinite(alpha), "draw_beta", "a positive alpha", alpha);
  const double a = detail::log_gamma_variate(alpha, key, step, sample, 0);
  const double b = detail::log_gamma_variate(alpha, key, step, sample, 1);
  return 1 / (1 + std::exp(b - a));
}

inline rectangle cutmix_box(int height, int width, double lambda, double u_row, double u_column) {
  detail::need_mix(height > 0 && width > 0, "cutmix_box", "an image of a positive size",
                   static_cast<double>(height) * width);
  detail::need_mix(detail::is_share(lambda), "cutmix_box", "lambda of [0, 1]", lambda);
  const double ratio = std::sqrt(1 - lambda);
  const auto side = [ratio](int size, double u) {
    const int length = static_cast<int>(size * ratio), centre = detail::cell_of(u, size);
    const int begin = std::max(centre - length / 2, 0);
    return std::pair(begin, std::min(centre - length / 2 + length, size) - begin);
  };
  const auto [top, rows] = side(height, u_row);
  const auto [left, columns] = side(width, u_column);
  const rectangle box{top, left, rows, columns};
  return box.empty() ? rectangle{} : box;
}

inline batch_mix draw_mix(int height, int width, const mix_settings& settings, random_key key,
                          std::uint64_t step) {
  const double mixup = settings.mixup_alpha, cutmix = settings.cutmix_alpha;
  const auto need = [](bool holds, const char* expected, double found) {
    detail::need_mix(holds, "draw_mix", expected, found);
  };
  need(mixup >= 0 && std::isfinite(mixup), "mixup_alpha >= 0", mixup);
  need(cutmix >= 0 && std::isfinite(cutmix), "cutmix_alpha >= 0", cutmix);
  need(mixup > 0 || cutmix > 0, "an alpha above 0", 0);
  need(detail::is_share(settings.probability), "a probability", settings.probability);
  need(detail::is_share(settings.switch_probability), "a switch_probability of [0, 1]",
       settings.switch_probability);
  const auto u = [&](std::uint64_t element) {
    return uniform_double(key, step, site_hash("data.mix"), 0, element);
  };
  if (!(u(0) < settings.probability)) return {};
  const bool cut = cutmix > 0 && (mixup <= 0 || u(1) < settings.switch_probability);
  batch_mix mix{draw_beta(cut ? cutmix : mixup, key, step), {}};
  if (!cut) return mix;
  mix.box = cutmix_box(height, width, mix.lambda, u(2), u(3));
  mix.lambda = 1 - static_cast<double>(mix.box.height) * mix.box.width /
                       (static_cast<double>(height) * width);
  return mix;
}

inline void mix_images(std::span<float> batch, int channels, int height, int width,
                       const batch_mix& mix) {
  detail::need_mix(channels > 0 && height > 0 && width > 0, "mix_images",
                   "images of a positive size", static_cast<double>(height) * width * channels);
  const auto columns = static_cast<std::size_t>(width);
  const std::size_t plane = static_cast<std::size_t>(height) * columns;
  const auto planes = static_cast<std::size_t>(channels);
  if (batch.size() % plane != 0 || batch.size() / plane % planes != 0)
    throw error("mix_images", "a batch of B * C * H * W values", std::to_string(batch.size()));
  detail::need_mix(detail::is_share(mix.lambda), "mix_images", "lambda of [0, 1]", mix.lambda);
  if (!mix.box.empty() && !mix.box.inside(height, width))
    throw error("mix_images", "a box within the image", detail::to_string(mix.box));

  const std::size_t image = planes * plane, samples = batch.size() / image;
  const auto own = static_cast<float>(mix.lambda), other = static_cast<float>(1 - mix.lambda);
  if (mix.box.empty() && mix.lambda == 1) return;
  for (std::size_t b = 0; b < samples / 2; ++b) {
    float* x = batch.data() + b * image;
    float* y = batch.data() + (samples - 1 - b) * image;
    if (mix.box.empty()) {
      for (std::size_t i = 0; i < image; ++i) {
        const float mine = x[i];
        x[i] = own * mine + other * y[i];
        y[i] = own * y[i] + other * mine;
      }
      continue;
    }
    for (std::size_t c = 0; c < planes; ++c)
      for (int row = mix.box.top; row < mix.box.top + mix.box.height; ++row) {
        const std::size_t at = c * plane + static_cast<std::size_t>(row) * columns +
                               static_cast<std::size_t>(mix.box.left);
        std::swap_ranges(x + at, x + at + mix.box.width, y + at);
      }
  }
}

inline void mix_targets(std::span<const int> labels, int classes, double lambda, double smoothing,
                        std::span<float> out) {
  const auto need = [](bool holds, const char* expected, double found) {
    detail::need_mix(holds, "mix_targets", expected, found);
  };
  need(classes > 0, "at least one class", classes);
  need(detail::is_share(lambda), "lambda of [0, 1]", lambda);
  need(detail::is_share(smoothing), "smoothing of [0, 1]", smoothing);
  const auto k = static_cast<std::size_t>(classes);
  need(out.size() / k == labels.size() && out.size() % k == 0, "out of B * K",
       static_cast<double>(out.size()));
  for (const int y : labels) need(y >= 0 && y < classes, "labels below the number of classes", y);

  const double off = smoothing / classes;
  std::fill(out.begin(), out.end(), static_cast<float>(off));
  for (std::size_t b = 0; b < labels.size(); ++b) {
    const int mine = labels[b], other = labels[labels.size() - 1 - b];
    const auto row = out.subspan(b * k, k);
    const auto set = [&](int y, double share) {
      row[static_cast<std::size_t>(y)] = static_cast<float>(off + share * (1 - smoothing));
    };
    set(other, 1 - lambda);
    set(mine, mine == other ? 1 : lambda);
  }
}

}  // namespace tessera::inline v0
