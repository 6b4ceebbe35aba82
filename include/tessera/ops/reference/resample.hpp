#pragma once
// Loops of the ops that pick or mix cells of a grid: pool_max, resize_cells. x (S, gh, gw, C).

#include "tessera/ops/cells.hpp"
#include "tessera/ops/reference/support.hpp"

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

// What a cell of a resized side reads: (1 - share) x[first] + share x[second].
struct resized_cell {
  std::int64_t first, second;
  double share;

  resized_cell(std::int64_t cell, std::int64_t from, std::int64_t to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    const double at = (static_cast<double>(cell) + 0.5) * scale - 0.5;
    const double held = at > 0 ? at : 0;
    first = static_cast<std::int64_t>(held);
    if (first > from - 1) first = from - 1;
    second = first + 1 < from ? first + 1 : first;
    share = held - static_cast<double>(first);
  }
  // The weight of cell `i` of the side it reads.
  double weight(std::int64_t i) const {
    return (i == first ? 1 - share : 0) + (i == second ? share : 0);
  }
};

}  // namespace detail

template <>
struct kernel<"resize_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const std::int64_t gh = a.attr.a, gw = a.attr.b, rows = a.attr.c, columns = a.attr.d;
    const std::int64_t channels = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    T* y = a.out<T>(0);
    for (std::int64_t s = 0; s < samples; ++s) {
      const T* x = a.in<T>(0) + s * gh * gw * channels;
      for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j) {
          const detail::resized_cell v(i, gh, rows), u(j, gw, columns);
          const auto along = [&](std::int64_t row, std::int64_t c) {
            return wide(1 - u.share) * wide(x[(row * gw + u.first) * channels + c]) +
                   wide(u.share) * wide(x[(row * gw + u.second) * channels + c]);
          };
          for (std::int64_t c = 0; c < channels; ++c)
            *y++ = static_cast<T>(wide(1 - v.share) * along(v.first, c) +
                                  wide(v.share) * along(v.second, c));
        }
    }
  }
};

// Each cell sums what was read of it.
template <>
struct kernel<"resize_cells_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const std::int64_t gh = a.attr.a, gw = a.attr.b, rows = a.attr.c, columns = a.attr.d;
    const std::int64_t channels = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    T* dx = a.out<T>(0);
    for (std::int64_t s = 0; s < samples; ++s) {
      const T* dy = a.in<T>(0) + s * rows * columns * channels;
      for (std::int64_t v = 0; v < gh; ++v)
        for (std::int64_t u = 0; u < gw; ++u)
          for (std::int64_t c = 0; c < channels; ++c) {
            wide sum(0);
            for (std::int64_t i = 0; i < rows; ++i) {
              const double down = detail::resized_cell(i, gh, rows).weight(v);
              if (down == 0) continue;
              for (std::int64_t j = 0; j < columns; ++j) {
                const double across = detail::resized_cell(j, gw, columns).weight(u);
                if (across == 0) continue;
                sum += wide(down * across) * wide(dy[(i * columns + j) * channels + c]);
              }
            }
            *dx++ = static_cast<T>(sum);
          }
    }
  }
};

}  // namespace tessera::inline v0
