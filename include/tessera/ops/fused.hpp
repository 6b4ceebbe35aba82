#pragma once
// Ops that fusion puts in the place of two (graph/fuse.hpp), and which backend has which. They give
// what the two give, bit for bit. No gradient: a backward pass needs the parts.
//
// linear_gelu     (x (.., K), W (N, K), b (N) or absent) -> gelu(x W^T + b)
// add_layer_norm  (a, b, gamma (C), beta (C)) -> a + b, layer_norm(a + b), mean, rstd; the setting
//                 is eps
//
// layer_norm + linear has no rule: the norm is a hundredth of the product that follows it.

#include "tessera/graph/fuse.hpp"
#include "tessera/ops/add.hpp"
#include "tessera/ops/backends.hpp"
#include "tessera/ops/gelu.hpp"
#include "tessera/ops/layer_norm.hpp"
#include "tessera/ops/linear.hpp"

namespace tessera::inline v0 {

template <>
struct op<"linear_gelu"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) { op<"linear">::infer(g, n); }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return detail::linear_macs(g, n);
  }
  TESSERA_COLD static constexpr op_key key(const graph& g, const node& n) {
    return detail::linear_key(g, n);
  }
};

template <>
struct op<"add_layer_norm"> {
  static constexpr int outputs = 4;  // the sum, y, mean, rstd
  static constexpr unsigned optional = 12;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.count(2), g.in_shape(n, 1).count(2));
    must_equal(g, x.last(), g.in_shape(n, 2).last());
    g.set(n, 0, x);
    g.set(n, 1, x);
    shape rows = x;
    --rows.rank;
    g.set(n, 2, rows, role::statistic);
    g.set(n, 3, rows, role::statistic);
  }
  TESSERA_COLD static constexpr op_key key(const graph& g, const node& n) {
    return {g.in_shape(n, 0).last()};
  }
};

inline constexpr fusion_rule linear_then_gelu{"linear", "gelu", rules<"linear_gelu">(), false};
inline constexpr fusion_rule add_then_layer_norm{"add", "layer_norm", rules<"add_layer_norm">(),
                                                 true};

inline constexpr fusion_rule cpu_fusions[] = {linear_then_gelu, add_then_layer_norm};
template <>
constexpr fusion_table fusions_of<cpu>() {
  return {cpu_fusions, 2};
}

}  // namespace tessera::inline v0
