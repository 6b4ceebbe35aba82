#pragma once
// Fused ops are the two loops one after the other.

#include "tessera/ops/fused.hpp"
#include "tessera/ops/reference/add.hpp"
#include "tessera/ops/reference/gelu.hpp"
#include "tessera/ops/reference/layer_norm.hpp"
#include "tessera/ops/reference/linear.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"linear_gelu", reference> {
  template <class T>
  static void run(const arguments& a) {
    kernel<"linear", reference>::run<T>(a);
    arguments of_gelu = a;
    of_gelu.inputs = a.outputs;  // each element is read before it is written
    of_gelu.input_count = 1;
    kernel<"gelu", reference>::run<T>(of_gelu);
  }
};

template <>
struct kernel<"add_layer_norm", reference> {
  template <class T>
  static void run(const arguments& a) {
    kernel<"add", reference>::run<T>(a);
    const operand inputs[] = {a.outputs[0], a.inputs[2], a.inputs[3]};
    arguments of_norm = a;
    of_norm.inputs = inputs;
    of_norm.input_count = 3;
    of_norm.outputs = a.outputs + 1;
    kernel<"layer_norm", reference>::run<T>(of_norm);
  }
};

}  // namespace tessera::inline v0
