#pragma once
// Whether a graph's gradient is its derivative. A case is a small graph whose operands are trained
// parameters, so that the flat buffer of gradients holds the gradient of each:
//
//     struct linear_with_bias {
//       static constexpr value_id build(graph& g, operands& o) {
//         return emit<"linear">(g, {o.sample("x", {5, 3}), o.weight("w", {4, 3}), o.weight("b",
//         {4})});
//       }
//     };
//     const auto found = check_gradient<linear_with_bias, 3>();   // B = 3
//
// What is not yet a scalar becomes one by its mean squared distance from a fixed target. Judges:
// central differences, h = 2e-5, and the directional derivative by dual numbers. Operands and
// inputs are filled by name (support/formula.hpp); inputs of role index with labels below
// Case::classes.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <typeinfo>
#include <utility>
#include <vector>

#include "support/backends.hpp"
#include "support/formula.hpp"
#include "tessera/error.hpp"
#include "tessera/graph/differentiate.hpp"
#include "tessera/model/compile.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/model/workspace.hpp"
#include "tessera/ops/ops.hpp"
#include "tessera/tensor/dual.hpp"

namespace support {

namespace ts = tessera;

struct operands {
  ts::graph& g;
  int batch;

  // One value of `dims` (1 to 3) per sample: the parameter (B, dims...) under another shape.
  constexpr ts::value_id sample(ts::label what, std::initializer_list<int> dims) {
    const int* d = dims.begin();
    const auto z = ts::initialiser::zeros;
    ts::shape s{1, 1, static_cast<int>(dims.size()), {}};
    for (int i = 0; i < s.rank; ++i) s.dims[i] = d[i];
    return g.view(s.rank == 1   ? g.add_parameter(what, {batch, d[0]}, z)
                  : s.rank == 2 ? g.add_parameter(what, {batch, d[0], d[1]}, z)
                                : g.add_parameter(what, {batch, d[0], d[1], d[2]}, z),
                  s);
  }
  constexpr ts::value_id weight(ts::label what, std::initializer_list<int> dims) {
    return g.add_parameter(what, dims, ts::initialiser::zeros);
  }
  constexpr ts::value_id fixed(ts::label what, std::initializer_list<int> dims) {
    return g.add_parameter(what, dims, ts::initialiser::zeros, 0, false, ts::slice_kind::state);
  }
};

template <class Case, int Batch, bool Differentiated>
struct checked_graph {
  static constexpr ts::graph build() {
    ts::graph g;
    g.training = true;
    operands o{g, Batch};
    ts::value_id y = Case::build(g, o);
    const ts::shape s = g.shape_of(y);
    if (s.rank > 0 || s.power > 0) y = ts::emit<"mse">(g, {y, g.add_input("target", s)});
    g.add_tap("loss", y);
    if (Differentiated) ts::differentiate(g, y);
    g.finish();
    return g;
  }
};

// A compiled graph with weights, gradients and inputs of its own, all filled by name.
template <class T>
class filled_program {
 public:
  filled_program(std::unique_ptr<ts::program> p, std::int64_t batch, int classes)
      : program_(std::move(p)),
        table_(ts::table_of(program_->g)),
        weights_(static_cast<std::size_t>(ts::flat_size(table_)), T(0)),
        gradients_(weights_.size(), T(0)),
        space_(*program_, table_, batch) {
    for (const ts::slice& s : table_) put(s.name, s.shape, weights_.data() + s.offset);
    for (const ts::input& i : program_->g.inputs) {
      const ts::value& v = program_->g.values[i.value];
      const auto count = static_cast<std::size_t>(v.extent.count(batch));
      reals_.emplace_back(v.kind == ts::role::real ? count : 0, T(0));
      indices_.emplace_back(v.kind == ts::role::index ? count : 0, 0);
      const std::string name = program_->g.text_at(i.text);
      if (v.kind == ts::role::real)
        put(name, {static_cast<int>(count)}, reals_.back().data());
      else
        golden::golden_labels<std::int32_t>(name, classes, indices_.back());
    }
    for (std::size_t i = 0; i < reals_.size(); ++i)
      inputs_.push_back(reals_[i].empty() ? static_cast<const void*>(indices_[i].data())
                                          : static_cast<const void*>(reals_[i].data()));
  }

  // The first result, after one run onto zero gradients.
  T run() {
    std::fill(gradients_.begin(), gradients_.end(), T(0));
    ts::run_context c;
    c.weights = weights_.data();
    c.gradients = gradients_.data();
    c.inputs = inputs_;
    space_.run(c);
    return *static_cast<const T*>(space_.result(0));
  }
  // The i-th result and the slices called `name`, valid until the next run.
  std::vector<double> result(int i) const {
    const T* x = static_cast<const T*>(space_.result(i));
    return {x, x + space_.result_count(i)};
  }
  std::vector<double> weight(const std::string& name) const { return part(weights_, name); }
  std::vector<double> gradient(const std::string& name) const { return part(gradients_, name); }
  const std::vector<ts::slice>& table() const { return table_; }
  std::vector<T>& weights() { return weights_; }
  const std::vector<T>& gradients() const { return gradients_; }

 private:
  static void put(const std::string& name, const std::vector<int>& shape, T* out) {
    std::size_t count = 1;
    for (const int d : shape) count *= static_cast<std::size_t>(d);
    std::vector<double> x(count);
    golden::golden_fill<double>(name, shape, x);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<T>(x[i]);
  }
  std::vector<double> part(const std::vector<T>& flat, const std::string& name) const {
    for (const ts::slice& s : table_)
      if (s.name == name) return {flat.data() + s.offset, flat.data() + s.offset + s.size};
    throw ts::error("filled_program", "a slice named " + name, "none");
  }

  std::unique_ptr<ts::program> program_;
  std::vector<ts::slice> table_;
  std::vector<T> weights_, gradients_;
  std::vector<std::vector<T>> reals_;
  std::vector<std::vector<std::int32_t>> indices_;
  std::vector<const void*> inputs_;
  ts::workspace space_;
};

struct gradient_found {
  double largest = 0;      // |component|
  double finite = 0;       // worst distance from central differences / largest
  double directional = 0;  // |<g, v> - derivative along v| / sum |g_i v_i|
  double fast = 0;         // worst distance of a fast backend in float / largest
};

namespace detail {

template <class Case>
constexpr int classes_of() {
  if constexpr (requires { Case::classes; })
    return Case::classes;
  else
    return 1;
}

template <class Builder, class Backend, class T, class Case>
filled_program<T> fill(std::int64_t batch) {
  return {ts::compile<Builder, Backend, T>({"loss"}), batch, classes_of<Case>()};
}

template <class Case, int Batch, class Backend>
double distance_of(const std::vector<double>& gradient) {
  auto p = fill<checked_graph<Case, Batch, true>, Backend, float, Case>(Batch);
  p.run();
  double worst = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i)
    worst = std::max(worst, std::abs(gradient[i] - static_cast<double>(p.gradients()[i])));
  return worst;
}

}  // namespace detail

template <class Case, int Batch>
gradient_found check_gradient() {
  using forward = checked_graph<Case, Batch, false>;
  using number = ts::dual<double>;
  auto program = detail::fill<checked_graph<Case, Batch, true>, ts::reference, double, Case>(Batch);
  program.run();
  const std::vector<double>& gradient = program.gradients();
  gradient_found found;
  for (const double x : gradient) found.largest = std::max(found.largest, std::abs(x));

  auto plain = detail::fill<forward, ts::reference, double, Case>(Batch);
  auto dual = detail::fill<forward, ts::reference, number, Case>(Batch);
  double along = 0, size = 0;
  for (const ts::slice& s : plain.table()) {
    if (s.kind != ts::slice_kind::weight) continue;
    std::vector<double> direction(static_cast<std::size_t>(s.size));
    golden::golden_fill<double>(s.name + ".direction", std::vector<int>{static_cast<int>(s.size)},
                                direction);
    for (std::size_t k = 0; k < direction.size(); ++k) {
      const auto i = static_cast<std::size_t>(s.offset) + k;
      const double x = plain.weights()[i], h = 2e-5;
      plain.weights()[i] = x + h;
      const double above = plain.run();
      plain.weights()[i] = x - h;
      const double below = plain.run();
      plain.weights()[i] = x;
      found.finite = std::max(found.finite, std::abs((above - below) / (2 * h) - gradient[i]));
      dual.weights()[i].tangent = direction[k];
      along += gradient[i] * direction[k];
      size += std::abs(gradient[i] * direction[k]);
    }
  }
  found.finite /= found.largest;
  found.directional = std::abs(dual.run().tangent - along) / size;
  [&]<class... Backend>(std::tuple<Backend...>*) {
    ((found.fast = std::max(found.fast, detail::distance_of<Case, Batch, Backend>(gradient))), ...);
  }(static_cast<fast_backends*>(nullptr));
  found.fast /= found.largest;
  return found;
}

// The law itself, at batches 1 and 3.
template <class Case, int Batch>
void check_gradient_at() {
  INFO("case " << std::string(typeid(Case).name()) << " at batch " << Batch);
  const gradient_found found = check_gradient<Case, Batch>();
  CHECK(found.largest > 1e-4);
  CHECK(found.finite <= 1e-7);
  CHECK(found.directional <= 1e-10);
  CHECK(found.fast <= 2e-5);
}
template <class... Cases>
void gradient_is_derivative() {
  (check_gradient_at<Cases, 1>(), ...);
  (check_gradient_at<Cases, 3>(), ...);
}

}  // namespace support
