#pragma once
// Peak signal-to-noise ratio of images against references, in dB, R the range of the data:
//     PSNR = 10 log10(R^2 / MSE),   MSE = mean over an image's values (all channels) of (a - b)^2
// Both sides are clamped to [0, R] first; nothing is rounded to 8 bits (which would add an MSE of
// about (R / 255)^2 / 12). result() is the mean over images, pooled() the PSNR of the MSE over all
// values of all images; without exact matches and with images of one size the first is at least the
// second (Jensen). MSE = 0 is +infinity dB: such images are counted by exact(), and result() is the
// mean over the rest. If all match exactly, neither is valid. Source: Huynh-Thu, Ghanbari, "Scope
// of validity of PSNR in image/video quality assessment", Electronics Letters 2008 (the formula).

#include "tessera/metrics/detail/scores.hpp"
#include "tessera/metrics/result.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tessera::inline v0 {

class psnr {
 public:
  // range: 1 for images in [0, 1], 255 for bytes. Throws tessera::error unless positive and finite.
  explicit psnr(double range = 1) : range_(range) {
    detail::metric_need(std::isfinite(range) && range > 0, "psnr", "a positive range", range);
  }

  // output, reference: B x pixels; pixels = C H W values of an image, and may differ from batch to
  // batch. Throws tessera::error for sizes that do not fit, values that are not finite, and a
  // reference further outside [0, R] than R / 255: it has another range.
  void update(std::span<const float> output, std::span<const float> reference,
              std::int64_t pixels) {
    detail::metric_need(pixels > 0, "psnr.update", "pixels > 0", pixels);
    detail::metric_need(output.size() == reference.size(), "psnr.update",
                        "output and reference of one size", output.size());
    const auto size = static_cast<std::size_t>(pixels);
    detail::metric_need(output.size() % size == 0, "psnr.update", "whole images", output.size());
    for (const float v : output)
      detail::metric_need(std::isfinite(v), "psnr.update", "finite output", v);
    const double slack = range_ / 255;
    for (const float v : reference) {
      detail::metric_need(std::isfinite(v), "psnr.update", "finite references", v);
      const auto x = static_cast<double>(v);
      detail::metric_need(x >= -slack && x <= range_ + slack, "psnr.update",
                          "references within the range", v);
    }
    for (std::size_t image = 0; image < output.size() / size; ++image) {
      const auto from = output.subspan(image * size, size);
      const auto to = reference.subspan(image * size, size);
      double sum = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const double d = clamped(from[i]) - clamped(to[i]);
        sum += d * d;
      }
      ++images_;
      values_ += pixels;
      squares_ += sum;
      if (sum > 0)
        decibels_ += to_decibels(sum, pixels);
      else
        ++exact_;
    }
  }

  // Throws tessera::error if the ranges differ.
  void merge(const psnr& other) {
    detail::metric_need(range_ == other.range_, "psnr.merge", "the same range", other.range_);
    images_ += other.images_;
    exact_ += other.exact_;
    values_ += other.values_;
    squares_ += other.squares_;
    decibels_ += other.decibels_;
  }

  // Mean over the images that do not match exactly; count: these images.
  metric result() const { return metric::ratio(decibels_, images_ - exact_); }
  // Over all images, exact matches included; count: all images.
  metric pooled() const {
    return exact_ == images_ ? metric{} : metric{to_decibels(squares_, values_), images_, true};
  }
  std::int64_t exact() const { return exact_; }
  std::int64_t images() const { return images_; }

  friend bool operator==(const psnr&, const psnr&) = default;

 private:
  double clamped(float v) const { return std::clamp(static_cast<double>(v), 0.0, range_); }
  double to_decibels(double squares, std::int64_t values) const {
    return 10 * (2 * std::log10(range_) - std::log10(squares / static_cast<double>(values)));
  }

  double range_;
  std::int64_t images_ = 0, exact_ = 0, values_ = 0;
  double squares_ = 0, decibels_ = 0;
};

}  // namespace tessera::inline v0
