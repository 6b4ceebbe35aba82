#pragma once
// Loops of the ops that pick or mix cells of a grid: pool_max, resize_cells. x (S, gh, gw, C).

#include "tessera/ops/cells.hpp"
#include "tessera/ops/reference/support.hpp"
#include "tessera/tensor/resize_axis.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"pool_max", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t gh = a.attr.a, gw = a.attr.b, pool = a.attr.c;
    const std::int64_t channels = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    T* y = a.out<T>(0);
    std::int32_t* places = a.out<std::int32_t>(1);
    for (std::int64_t s = 0; s < samples; ++s) {
      const T* x = a.in<T>(0) + s * gh * gw * channels;
      for (std::int64_t i = 0; i < gh / pool; ++i)
        for (std::int64_t j = 0; j < gw / pool; ++j)
          for (std::int64_t c = 0; c < channels; ++c) {
            T largest = x[(i * pool * gw + j * pool) * channels + c];
            std::int32_t place = 0;
            for (std::int64_t m = 1; m < pool * pool; ++m) {
              const std::int64_t cell = (i * pool + m / pool) * gw + j * pool + m % pool;
              const T value = x[cell * channels + c];
              const bool nan_first = !(value == value) && largest == largest;
              if (value > largest || nan_first)
                largest = value, place = static_cast<std::int32_t>(m);
            }
            *y++ = largest;
            if (places) *places++ = place;
          }
    }
  }
};

// Cells that no pool holds (a grid that pools do not tile) get 0.
template <>
struct kernel<"pool_max_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t gh = a.attr.a, gw = a.attr.b, pool = a.attr.c;
    const std::int64_t rows = gh / pool, columns = gw / pool;
    const std::int64_t channels = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    const T* dy = a.in<T>(0);
    const std::int32_t* places = a.in<std::int32_t>(1);
    T* dx = a.out<T>(0);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t v = 0; v < gh; ++v)
        for (std::int64_t u = 0; u < gw; ++u)
          for (std::int64_t c = 0; c < channels; ++c) {
            const std::int64_t i = v / pool, j = u / pool;
            const std::int64_t at = ((s * rows + i) * columns + j) * channels + c;
            const bool taken = i < rows && j < columns &&
                               places[at] == (v % pool) * pool + u % pool;
            *dx++ = taken ? dy[at] : T(0);
          }
  }
};

namespace detail {

// Weights in double, in slot 0 of this thread's scratch.
template <class T>
void resize_grid(const arguments& a, bool transposed) {
  using wide = accumulator_t<T>;
  const auto mode = static_cast<resize_mode>(a.attr.e);
  const resize_axis down(a.attr.a, a.attr.c, mode), across(a.attr.b, a.attr.d, mode);
  void* memory = thread_scratch(0, grid_tables<double>::bytes(down, across));
  const grid_tables<double> y_of(down, across, transposed, memory);
  const std::int64_t gw = transposed ? across.to : across.from, channels = a.in_shape(0).last();
  const std::int64_t samples = sample_count(a.inputs[0]);
  T* y = a.out<T>(0);
  for (std::int64_t s = 0; s < samples; ++s) {
    const T* x = a.in<T>(0) + s * a.in_shape(0).per_sample();
    for (std::int64_t i = 0; i < y_of.down.outputs(); ++i)
      for (std::int64_t j = 0; j < y_of.across.outputs(); ++j) {
        const axis_run v = y_of.down[i], u = y_of.across[j];
        const double *down_weights = y_of.down.weights(i), *across_weights = y_of.across.weights(j);
        for (std::int64_t c = 0; c < channels; ++c) {
          wide sum(0);
          for (std::int64_t k = 0; k < v.count; ++k)
            for (std::int64_t l = 0; l < u.count; ++l) {
              const std::int64_t cell = (v.first + k) * gw + u.first + l;
              sum += wide(down_weights[k] * across_weights[l]) * wide(x[cell * channels + c]);
            }
          *y++ = static_cast<T>(sum);
        }
      }
  }
}

}  // namespace detail

template <>
struct kernel<"resize_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::resize_grid<T>(a, false);
  }
};

// Each cell sums what was read of it.
template <>
struct kernel<"resize_cells_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::resize_grid<T>(a, true);
  }
};

}  // namespace tessera::inline v0
