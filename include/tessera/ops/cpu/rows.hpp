#pragma once
// Ops that move rows (contracts: ops/rows.hpp, ops/masking.hpp): copies of runs of D floats, a task
// per few samples.

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <>
struct kernel<"slice_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t in = a.in_shape(0).per_sample(), out = a.out_shape(0).per_sample();
    const std::int64_t skip = std::int64_t(a.attr.a) * a.in_shape(0).last();
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      copy(a.out<float>(0) + s * out, a.in<float>(0) + s * in + skip, out);
    });
  }
};
template <>
struct kernel<"pad_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t in = a.in_shape(0).per_sample(), out = a.out_shape(0).per_sample();
    const std::int64_t skip = std::int64_t(a.attr.a) * a.in_shape(0).last();
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      float* y = a.out<float>(0) + s * out;
      clear(y, skip);
      copy(y + skip, a.in<float>(0) + s * in, in);
      clear(y + skip + in, out - skip - in);
    });
  }
};
template <>
struct kernel<"prepend_token"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t in = a.in_shape(0).per_sample(), first = a.in_shape(1).count(1);
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      float* y = a.out<float>(0) + s * (first + in);
      copy(y, a.in<float>(1), first);
      copy(y + first, a.in<float>(0) + s * in, in);
    });
  }
};
template <>
struct kernel<"prepend_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t in = a.in_shape(0).per_sample(), head = a.in_shape(1).per_sample();
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      float* y = a.out<float>(0) + s * (in + head);
      copy(y, a.in<float>(1) + s * head, head);
      copy(y + head, a.in<float>(0) + s * in, in);
    });
  }
};
template <>
struct kernel<"add_position"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t in = a.in_shape(0).per_sample();
    const float* table = a.in<float>(1) + std::int64_t(a.attr.a) * a.in_shape(0).last();
    const auto add = TESSERA_CPU_PICK(set, add_run);
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      add(a.out<float>(0) + s * in, in, a.in<float>(0) + s * in, table);
    });
  }
};
template <>
struct kernel<"batch_sum"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t d = a.in_shape(0).last(), in = a.in_shape(0).per_sample();
    const std::int64_t count = a.attr.b * d, samples = samples_in(a.inputs[0]);
    const float* x = a.in<float>(0) + a.attr.a * d;
    float* y = a.out<float>(0) + a.attr.c * d;
    if (!a.outputs[0].accumulate) clear(a.out<float>(0), a.out_count(0));
    const auto add = TESSERA_CPU_PICK(set, add_run);
    parallel(a.pool, count, 1'024, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t s = 0; s < samples; ++s)
        add(y + first, last - first, y + first, x + s * in + first);
    });
  }
};
template <>
struct kernel<"gather_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t d = a.in_shape(0).last(), rows = a.in_shape(0).dims[0];
    const std::int64_t kept = a.out_shape(0).dims[0];
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      const std::int32_t* index = a.in<std::int32_t>(1) + s * kept;
      for (std::int64_t i = 0; i < kept; ++i)
        copy(a.out<float>(0) + (s * kept + i) * d, a.in<float>(0) + (s * rows + index[i]) * d, d);
    });
  }
};
template <>
struct kernel<"scatter_rows"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t d = a.in_shape(0).last(), kept = a.in_shape(0).dims[0];
    const std::int64_t rows = a.out_shape(0).dims[0];
    const auto add = TESSERA_CPU_PICK(set, add_run);
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      const std::int32_t* index = a.in<std::int32_t>(1) + s * kept;
      float* y = a.out<float>(0) + s * rows * d;
      clear(y, rows * d);
      for (std::int64_t i = 0; i < kept; ++i)
        add(y + index[i] * d, d, y + index[i] * d, a.in<float>(0) + (s * kept + i) * d);
    });
  }
};
template <>
struct kernel<"restore_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t d = a.in_shape(0).last(), kept = a.in_shape(0).dims[0];
    const std::int64_t rows = a.out_shape(0).dims[0];
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      const std::int32_t* rank = a.in<std::int32_t>(2) + s * rows;
      for (std::int64_t i = 0; i < rows; ++i)
        copy(a.out<float>(0) + (s * rows + i) * d,
             rank[i] < kept ? a.in<float>(0) + (s * kept + rank[i]) * d : a.in<float>(1), d);
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
