#pragma once
// What a kernel is called with, and where kernels are found.
//
//     template <> struct tessera::kernel<"mylib.swish", reference> {
//       template <class T> static void run(const arguments& a) { ... a.in<T>(0) ... a.out<T>(0) ... }
//     };
//
// The reference reading is loops a student can check, generic in the scalar T (float, double,
// dual<double>), and judges the others. A backend without a reading of its own for an op runs the
// reference one, so an op from outside needs one kernel only. Operands never alias, unless the
// contract says "in place". An absent input and an unread optional output are null. Memory of
// values with role index is std::int32_t, of masks std::uint8_t, of everything else T.

#include <cstdint>

#include "tessera/graph/graph.hpp"
#include "tessera/ops/backends.hpp"

namespace tessera::inline v0 {

class thread_pool;

struct operand {
  void* data = nullptr;
  shape extent;
  std::int64_t count = 0;   // elements at this batch
  bool accumulate = false;  // outputs: add to what is there
};

// A run of the flat parameter buffer, as optimizers see it.
struct slice_range {
  std::int64_t offset = 0, size = 0;
  bool trained = true, decay = true;
  double lr_scale = 1;
};

struct arguments {
  const operand* inputs = nullptr;
  const operand* outputs = nullptr;
  int input_count = 0;
  attributes attr;
  const double* settings = nullptr;
  std::int64_t batch = 0;

  std::uint64_t seed = 0, step = 0, site = 0;   // randomness: Philox (step, site, sample, element)
  const std::int64_t* samples = nullptr;        // global id of each row of the batch
  const slice_range* slices = nullptr;          // update ops
  int slice_count = 0;
  thread_pool* pool = nullptr;                  // null: this thread alone

  template <class T>
  const T* in(int i) const {
    return i < input_count ? static_cast<const T*>(inputs[i].data) : nullptr;
  }
  template <class T>
  T* out(int i) const {
    return static_cast<T*>(outputs[i].data);
  }
  const shape& in_shape(int i) const { return inputs[i].extent; }
  const shape& out_shape(int i) const { return outputs[i].extent; }
  std::int64_t in_count(int i) const { return inputs[i].count; }
  std::int64_t out_count(int i) const { return outputs[i].count; }
};

using kernel_function = void (*)(const arguments&);

template <name Op, class Backend>
struct kernel;

}  // namespace tessera::inline v0
