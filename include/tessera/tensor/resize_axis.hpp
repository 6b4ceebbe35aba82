#pragma once
// Resizing along one axis: output i of `to` reads a run of the `from` inputs, y[i] = sum_j w_j x_j.
// Input j covers [j, j + 1]; s = from / to, and t_j = j + 1/2 - s (i + 1/2) is how far it lies from
// the output's centre.
//
//     nearest             x[floor(i s)], in whole numbers
//     bilinear            w_j = 1 - |t_j| of the two nearest
//     bicubic             w_j = cubic(t_j), a = -3/4, of the four nearest
//     bilinear_antialias  w_j = h(t_j) / sum h, h(t) = 1 - |t / max(s, 1)| where that is positive
//     bicubic_antialias   w_j = h(t_j) / sum h, h(t) = cubic(t / max(s, 1)), a = -1/2
//
//     cubic(t) = (a + 2) |t|^3 - (a + 3) t^2 + 1           for |t| < 1
//                a |t|^3 - 5 a t^2 + 8 a |t| - 4 a         for 1 <= |t| < 2, else 0
//
// Beyond an end the first three read that end once more, the others nothing. Weights sum to 1;
// equal sizes copy. bicubic bends a ramp, bicubic_antialias does not where it enlarges.
// Source: PyTorch's interpolate without align_corners, with antialias=True for the last two (whose
// bicubic is that of PIL and of timm's positions); Keys, "Cubic convolution interpolation for
// digital image processing", 1981.

#include <cstddef>
#include <cstdint>

namespace tessera::inline v0 {

enum class resize_mode { bilinear, nearest, bicubic, bilinear_antialias, bicubic_antialias };

namespace detail {

constexpr const char* resize_mode_names[] = {"", "nearest", "bicubic", "bilinear, antialiased",
                                             "bicubic, antialiased"};
constexpr bool is_resize_mode(int mode) { return mode >= 0 && mode < 5; }

// x[first], ..., x[first + count - 1].
struct axis_run {
  std::int64_t first, count;
};

class resize_axis {
 public:
  std::int64_t from, to;

  // Sizes of at least 1.
  constexpr resize_axis(std::int64_t from_, std::int64_t to_, resize_mode mode)
      : from(from_), to(to_), mode_(mode) {
    const bool cubic = mode == resize_mode::bicubic || mode == resize_mode::bicubic_antialias;
    reach_ = cubic ? 2 : 1;
    scale_ = static_cast<double>(from) / static_cast<double>(to);
    wide_ = scale_ > 1 ? scale_ : 1;
  }

  // No output reads more.
  constexpr std::int64_t taps() const {
    if (mode_ == resize_mode::nearest) return 1;
    const double radius = reach_ * wide_;
    const auto whole = static_cast<std::int64_t>(radius);
    const std::int64_t up = static_cast<double>(whole) < radius ? whole + 1 : whole;
    const std::int64_t all = antialiased() ? 2 * up + 1 : 2 * reach_;
    return all < from ? all : from;
  }

  // What output i reads; weights[k] is that of x[first + k].
  constexpr axis_run of(std::int64_t i, double* weights) const {
    if (mode_ == resize_mode::nearest) {
      weights[0] = 1;
      return {i * from / to, 1};
    }
    const double centre = scale_ * (static_cast<double>(i) + 0.5);
    return antialiased() ? mean_around(centre, weights) : held_around(centre, weights);
  }

 private:
  constexpr bool antialiased() const {
    return mode_ == resize_mode::bilinear_antialias || mode_ == resize_mode::bicubic_antialias;
  }
  constexpr double filter(double t) const {
    if (t < 0) t = -t;
    if (reach_ == 1) return t < 1 ? 1 - t : 0;
    const double a = antialiased() ? -0.5 : -0.75;
    if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
  }
  constexpr std::int64_t inside(std::int64_t j) const {
    return j < 0 ? 0 : j < from ? j : from - 1;
  }

  // 2 reach_ inputs, those beyond an end added onto it.
  constexpr axis_run held_around(double centre, double* weights) const {
    const double at = centre - 0.5;
    auto below = static_cast<std::int64_t>(at);
    if (static_cast<double>(below) > at) --below;
    const std::int64_t leftmost = below - reach_ + 1, first = inside(leftmost);
    const std::int64_t count = inside(below + reach_) - first + 1;
    for (std::int64_t k = 0; k < count; ++k) weights[k] = 0;
    for (std::int64_t j = leftmost; j <= below + reach_; ++j)
      weights[inside(j) - first] += filter(static_cast<double>(j) - at);
    return {first, count};
  }

  // All inputs whose centres the filter, widened where the axis shrinks, may reach.
  constexpr axis_run mean_around(double centre, double* weights) const {
    const double radius = reach_ * wide_, low = centre - radius + 0.5, high = centre + radius + 0.5;
    const std::int64_t first = low > 0 ? static_cast<std::int64_t>(low) : 0;
    const bool beyond = high >= static_cast<double>(from);
    const std::int64_t end = beyond ? from : static_cast<std::int64_t>(high);
    double sum = 0;
    for (std::int64_t j = first; j < end; ++j)
      sum += weights[j - first] = filter((static_cast<double>(j) + 0.5 - centre) / wide_);
    for (std::int64_t k = 0; k < end - first; ++k) weights[k] /= sum;
    return {first, end - first};
  }

  resize_mode mode_;
  int reach_ = 1;  // of the filter, in inputs, where the axis grows
  double scale_ = 1, wide_ = 1;
};

// The runs and weights of every output of an axis, or of its transpose, which reads outputs and
// gives inputs: what a gradient is summed by. In memory of the caller: bytes(axis), aligned to 8.
template <class W>
class resize_table {
 public:
  static std::size_t bytes(const resize_axis& axis) {
    const std::int64_t longer = axis.from > axis.to ? axis.from : axis.to;
    const std::int64_t words = axis.taps() + 2 * longer + 1 + axis.to * axis.taps();
    return static_cast<std::size_t>(words) * 8;
  }

  resize_table(const resize_axis& axis, bool transposed, void* memory)
      : outputs_(transposed ? axis.from : axis.to) {
    auto* const weights = static_cast<double*>(memory);  // of one output of the axis
    first_ = reinterpret_cast<std::int64_t*>(weights + axis.taps());
    start_ = first_ + outputs_;
    weight_ = reinterpret_cast<W*>(start_ + outputs_ + 1);
    for (std::int64_t n = 0; n <= outputs_; ++n) start_[n] = 0;
    // As the axis is walked along, the first and the last input that it reads never move back: the
    // outputs that read one input are a run as well.
    for (std::int64_t i = 0; i < axis.to; ++i) {
      const axis_run run = axis.of(i, weights);
      for (std::int64_t j = run.first; j < run.first + run.count; ++j) {
        const std::int64_t n = transposed ? j : i;
        if (start_[n + 1]++ == 0) first_[n] = transposed ? i : j;
      }
    }
    for (std::int64_t n = 0; n < outputs_; ++n) {
      if (start_[n + 1] == 0) first_[n] = 0;
      start_[n + 1] += start_[n];
    }
    for (std::int64_t i = 0; i < axis.to; ++i) {
      const axis_run run = axis.of(i, weights);
      for (std::int64_t k = 0; k < run.count; ++k) {
        const std::int64_t j = run.first + k, n = transposed ? j : i, read = transposed ? i : j;
        weight_[start_[n] + read - first_[n]] = static_cast<W>(weights[k]);
      }
    }
  }

  std::int64_t outputs() const { return outputs_; }
  axis_run operator[](std::int64_t n) const { return {first_[n], start_[n + 1] - start_[n]}; }
  const W* weights(std::int64_t n) const { return weight_ + start_[n]; }

 private:
  std::int64_t outputs_;
  std::int64_t *first_, *start_;
  W* weight_;
};

// Both tables of a grid, in one block of memory.
template <class W>
struct grid_tables {
  resize_table<W> down, across;

  static std::size_t bytes(const resize_axis& down, const resize_axis& across) {
    return resize_table<W>::bytes(down) + resize_table<W>::bytes(across);
  }
  grid_tables(const resize_axis& d, const resize_axis& a, bool transposed, void* memory)
      : down(d, transposed, memory),
        across(a, transposed, static_cast<char*>(memory) + resize_table<W>::bytes(d)) {}
};

}  // namespace detail

}  // namespace tessera::inline v0
