#pragma once
// resize_cells and its gradient (contract: ops/cells.hpp): down first, runs of a whole row of x,
// then across, runs of a cell. A task is a few rows of y.

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/tensor/resize_axis.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

inline void resize_grid(const arguments& a, bool transposed, isa set) {
  const auto mix = TESSERA_CPU_PICK(set, mix_runs);
  const auto mode = static_cast<resize_mode>(a.attr.e);
  const detail::resize_axis down(a.attr.a, a.attr.c, mode), across(a.attr.b, a.attr.d, mode);
  using tables = detail::grid_tables<float>;
  const tables y_of(down, across, transposed, thread_scratch(0, tables::bytes(down, across)));
  const std::int64_t c = a.in_shape(0).last(), in = a.in_shape(0).per_sample();
  const std::int64_t row = (transposed ? across.to : across.from) * c;  // floats of a row of x
  const std::int64_t rows = y_of.down.outputs(), columns = y_of.across.outputs();
  over_rows(a.pool, samples_in(a.inputs[0]) * rows, most(row, columns * c),
            [&](std::int64_t first, std::int64_t last) {
              float* mixed = scratch_floats(1, row);
              for (std::int64_t n = first; n < last; ++n) {
                const std::int64_t i = n % rows;
                const detail::axis_run v = y_of.down[i];
                const float* x = a.in<float>(0) + n / rows * in + v.first * row;
                const float* weights = y_of.down.weights(i);
                if (v.count != 1 || weights[0] != 1.0f) {
                  mix(mixed, row, x, row, weights, v.count);
                  x = mixed;
                }
                float* y = a.out<float>(0) + n * columns * c;
                for (std::int64_t j = 0; j < columns; ++j, y += c) {
                  const detail::axis_run u = y_of.across[j];
                  mix(y, c, x + u.first * c, c, y_of.across.weights(j), u.count);
                }
              }
            });
}

template <>
struct kernel<"resize_cells"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    resize_grid(a, false, set);
  }
};
template <>
struct kernel<"resize_cells_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    resize_grid(a, true, set);
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
