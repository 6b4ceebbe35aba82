#pragma once
// Resizes a rectangle of an image with antialiasing, each axis alone, by the weights of
// tensor/resize_axis.hpp (bilinear_antialias, bicubic_antialias); so a rectangle of the target's
// size is copied exactly. Values are neither rounded nor clamped: bicubic overshoots, and pixels of
// 0..255 may give -12 or 267. Pixels outside the rectangle are not read, as when an image is
// cropped first.
// Source: PyTorch's interpolate(antialias=True, align_corners=False), which torchvision's resize
// and resized_crop call for float tensors.

#include "tessera/data/rectangle.hpp"
#include "tessera/error.hpp"
#include "tessera/tensor/resize_axis.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tessera::inline v0 {

enum class resample_filter { bilinear, bicubic };

namespace detail {

// The weights of one axis, computed in double: output i reads x[first[i] + k] for k < count[i].
template <class T>
struct axis_weights {
  std::size_t taps = 0;
  std::vector<std::size_t> first, count;  // [to]
  std::vector<T> weight;                  // [to, taps]

  void reserve(int from, int to, resample_filter filter) {
    first.reserve(static_cast<std::size_t>(to));
    count.reserve(static_cast<std::size_t>(to));
    const auto most = static_cast<std::size_t>(axis(from, to, filter).taps());
    weight.reserve(static_cast<std::size_t>(to) * most);
    one_.reserve(most);
  }

  void set(int from, int to, resample_filter filter) {
    if (from == from_ && first.size() == static_cast<std::size_t>(to)) return;
    const resize_axis runs = axis(from, to, filter);
    taps = static_cast<std::size_t>(runs.taps());
    first.resize(static_cast<std::size_t>(to));
    count.resize(first.size());
    weight.resize(first.size() * taps);
    one_.resize(taps);
    for (std::size_t i = 0; i < first.size(); ++i) {
      const axis_run run = runs.of(static_cast<std::int64_t>(i), one_.data());
      first[i] = static_cast<std::size_t>(run.first);
      count[i] = static_cast<std::size_t>(run.count);
      for (std::size_t k = 0; k < count[i]; ++k) weight[i * taps + k] = static_cast<T>(one_[k]);
    }
    from_ = from;
  }

 private:
  static resize_axis axis(int from, int to, resample_filter filter) {
    return {from, to,
            filter == resample_filter::bicubic ? resize_mode::bicubic_antialias
                                               : resize_mode::bilinear_antialias};
  }

  std::vector<double> one_;  // of one output
  int from_ = 0;
};

}  // namespace detail

// Resizes to (height, width), computing in T. Holds the weights of the last rectangle's sides and a
// scratch image, so one per thread; allocates only for a rectangle larger than any before.
template <class T = float>
class resampler {
 public:
  // Throws tessera::error unless height and width are positive.
  resampler(int height, int width, resample_filter filter = resample_filter::bicubic)
      : height_(height), width_(width), filter_(filter) {
    if (height < 1 || width < 1)
      throw error("resampler", "a target of a positive size",
                  std::to_string(height) + " x " + std::to_string(width));
  }

  int height() const noexcept { return height_; }
  int width() const noexcept { return width_; }

  // image [C, rows, columns] -> out [C, height, width], from the pixels of `part`. Throws
  // tessera::error for sizes that do not fit and for a rectangle that is empty or leaves the image;
  // then out is untouched.
  void resize(std::span<const std::uint8_t> image, int channels, int rows, int columns,
              const rectangle& part, std::span<T> out) {
    apply(image, channels, rows, columns, part, out);
  }
  void resize(std::span<const T> image, int channels, int rows, int columns, const rectangle& part,
              std::span<T> out) {
    apply(image, channels, rows, columns, part, out);
  }

  // After this no rectangle of an image of rows x columns pixels allocates. Throws tessera::error
  // unless both are positive.
  void reserve(int rows, int columns) {
    if (rows < 1 || columns < 1)
      throw error("resampler.reserve", "images of a positive size",
                  std::to_string(rows) + " x " + std::to_string(columns));
    across_.reserve(columns, width_, filter_);
    down_.reserve(rows, height_, filter_);
    strip_.reserve(lanes * static_cast<std::size_t>(columns));
    narrowed_.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(width_));
  }

 private:
  static constexpr std::size_t lanes = 8;  // rows that are narrowed together

  template <class Pixel>
  void apply(std::span<const Pixel> image, int channels, int rows, int columns,
             const rectangle& part, std::span<T> out) {
    const auto need = [](bool holds, const char* expected, auto found) {
      if (!holds) throw error("resampler.resize", expected, std::to_string(found));
    };
    need(channels > 0 && rows > 0 && columns > 0, "an image of a positive size",
         std::min({channels, rows, columns}));
    const std::size_t from = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
    const std::size_t to = static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_);
    const auto planes = static_cast<std::size_t>(channels);
    need(image.size() / from == planes && image.size() % from == 0, "an image of C * H * W pixels",
         image.size());
    need(out.size() / to == planes && out.size() % to == 0, "out of C * height * width",
         out.size());
    if (part.empty() || !part.inside(rows, columns))
      throw error("resampler.resize", "a rectangle within the image", detail::to_string(part));

    across_.set(part.width, width_, filter_);
    down_.set(part.height, height_, filter_);
    strip_.resize(lanes * static_cast<std::size_t>(part.width));
    narrowed_.resize(static_cast<std::size_t>(part.height) * static_cast<std::size_t>(width_));
    const auto stride = static_cast<std::size_t>(columns);
    const std::size_t corner =
        static_cast<std::size_t>(part.top) * stride + static_cast<std::size_t>(part.left);
    for (std::size_t c = 0; c < planes; ++c) {
      narrow(image.data() + c * from + corner, stride, part);
      shorten(out.data() + c * to);
    }
  }

  // narrowed_ [part.height, width] = the rectangle, resized along its rows. `lanes` rows at once,
  // laid out as [part.width, lanes], so that the sum over taps runs in vector registers.
  template <class Pixel>
  void narrow(const Pixel* from, std::size_t stride, const rectangle& part) {
    const auto rows = static_cast<std::size_t>(part.height), columns = strip_.size() / lanes;
    const auto width = static_cast<std::size_t>(width_);
    for (std::size_t top = 0; top < rows; top += lanes) {
      const std::size_t held = std::min(lanes, rows - top);
      for (std::size_t l = 0; l < held; ++l)
        for (std::size_t x = 0; x < columns; ++x)
          strip_[x * lanes + l] = static_cast<T>(from[(top + l) * stride + x]);
      for (std::size_t i = 0; i < width; ++i) {
        T sum[lanes] = {};
        const T* weight = across_.weight.data() + i * across_.taps;
        const T* x = strip_.data() + across_.first[i] * lanes;
        for (std::size_t k = 0; k < across_.count[i]; ++k)
          for (std::size_t l = 0; l < lanes; ++l) sum[l] += weight[k] * x[k * lanes + l];
        for (std::size_t l = 0; l < held; ++l) narrowed_[(top + l) * width + i] = sum[l];
      }
    }
  }

  // out [height, width] = narrowed_, resized along its columns.
  void shorten(T* out) const {
    const auto width = static_cast<std::size_t>(width_);
    for (std::size_t i = 0; i < down_.first.size(); ++i, out += width) {
      std::fill(out, out + width, T(0));
      for (std::size_t k = 0; k < down_.count[i]; ++k) {
        const T weight = down_.weight[i * down_.taps + k];
        const T* row = narrowed_.data() + (down_.first[i] + k) * width;
        for (std::size_t x = 0; x < width; ++x) out[x] += weight * row[x];
      }
    }
  }

  int height_, width_;
  resample_filter filter_;
  detail::axis_weights<T> across_, down_;
  std::vector<T> strip_, narrowed_;
};

}  // namespace tessera::inline v0
