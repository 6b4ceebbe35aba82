#pragma once
// Ops are an open set: whoever specialises op<"name"> has added one, here or in a file of their own.
//
//     template <> struct tessera::op<"mylib.swish"> {
//       static constexpr void infer(graph& g, const node& n) { g.set(n, 0, g.in_shape(n, 0)); }
//       static constexpr void gradient(graph& g, const node& n, backward& d) {     // optional
//         d.add(n, 0, emit<"mylib.swish_gradient">(g, {g.in(n, 0), d.of(n, 0)}));
//       }
//     };
//
// Required: infer (shapes and roles of the outputs). Optional members:
//   outputs (default 1), accumulates (bit mask of outputs that add where operand::accumulate says
//   so), optional (bit mask of outputs whose memory is null where nobody reads them),
//   macs(g, n) -> multiply-accumulates per sample, gradient(g, n, d), key(g, n) -> op_key: what the
//   kernel is compiled for (default: nothing; all extents reach it at run time anyway),
//   variant(attributes) -> a word said after its name in tables and drawings.
// Its kernels are kernel<"name", reference> and, where wanted, one for each faster backend.

#include <initializer_list>

#include "tessera/graph/backward.hpp"
#include "tessera/graph/graph.hpp"

namespace tessera::inline v0 {

template <name Name>
struct op;

namespace detail {

template <class Op>
constexpr op_rules gather_rules(const name& id) {
  op_rules r{id, id.hash()};
  r.infer = &Op::infer;
  if constexpr (requires { Op::outputs; }) r.outputs = Op::outputs;
  if constexpr (requires { Op::accumulates; }) r.accumulates = Op::accumulates;
  if constexpr (requires { Op::optional; }) r.optional = Op::optional;
  if constexpr (requires { &Op::macs; }) r.macs = &Op::macs, r.has_macs = true;
  if constexpr (requires { &Op::gradient; }) r.gradient = &Op::gradient, r.has_gradient = true;
  if constexpr (requires { &Op::key; }) r.key = &Op::key, r.has_key = true;
  if constexpr (requires { &Op::variant; }) r.variant = &Op::variant;
  return r;
}

}  // namespace detail

template <name Name>
inline constexpr op_rules rules_of = detail::gather_rules<op<Name>>(Name);

// The same by address; nvcc 13 cannot spell &rules_of<"..."> in a function that is not a template.
template <name Name>
constexpr const op_rules* rules() {
  return &rules_of<Name>;
}

template <name Name>
TESSERA_COLD constexpr value_id emit(graph& g, std::initializer_list<value_id> in,
                                     attributes attr = {}, int first_setting = -1) {
  return g.emit(rules_of<Name>, in, attr, first_setting);
}

// Records that two extents must be equal; infer rules call it on what users can get wrong.
TESSERA_COLD constexpr bool must_equal(graph& g, std::int64_t a, std::int64_t b) {
  if (a != b) g.fail(issue::shapes_differ, static_cast<int>(a), static_cast<int>(b));
  return a == b;
}
// As many numbers at every batch.
TESSERA_COLD constexpr bool must_equal(graph& g, const shape& a, const shape& b) {
  return must_equal(g, a.power, b.power) && must_equal(g, a.count(1), b.count(1));
}

}  // namespace tessera::inline v0
