#pragma once
// One op called on plain vectors. Shapes and roles of its outputs come from the op's own infer, so
// a test of a kernel is a test of its contract as well:
//
//     const auto y = call<float>(2)                       // B = 2
//                        .sample({3}, {1, 2, 3, 4, 5, 6}) // input with batch: (B, 3)
//                        .weight({3}, {1, 1, 1})          // input without batch
//                        .setting(1e-6)
//                        .run<"layer_norm">();
//     CHECK(distance(y.out(0), {...}) < 1e-6);
//
// What a kernel does not write stays NaN, -1 or 255.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tessera/error.hpp"
#include "tessera/ops/ops.hpp"
#include "tessera/ops/reference.hpp"
#include "tessera/tensor/dual.hpp"

namespace support {

namespace ts = tessera;

// max |a - b|; infinite where lengths differ or a difference is not a number.
template <class T>
double distance(const std::vector<T>& a, const std::vector<T>& b) {
  double worst = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    worst = std::isnan(d) ? std::numeric_limits<double>::infinity() : std::max(worst, d);
  }
  return worst;
}

template <class T>
double distance(const std::vector<T>& a, std::initializer_list<double> b) {
  return distance(std::vector<double>(a.begin(), a.end()), std::vector<double>(b));
}

template <class T>
double inner_product(const std::vector<T>& a, const std::vector<T>& b) {
  double sum = a.size() == b.size() ? 0 : std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// Multiples of 1/4 in [-3/2, 3/2] without obvious order: small, and exact in float.
template <class T>
std::vector<T> uneven(int count, int first = 0) {
  std::vector<T> x;
  for (int i = 0; i < count; ++i) x.push_back(static_cast<T>(((i + first) * 7 + 3) % 13 - 6) / 4);
  return x;
}

// Numbers that move in a direction, and how fast results move: <dy, tangents> = <dx, direction>.
inline std::vector<ts::dual<double>> along(const std::vector<double>& x,
                                           const std::vector<double>& direction) {
  std::vector<ts::dual<double>> moving;
  for (std::size_t i = 0; i < x.size(); ++i) moving.push_back({x[i], direction[i]});
  return moving;
}
inline std::vector<double> tangents(const std::vector<ts::dual<double>>& x) {
  std::vector<double> t;
  for (const auto& v : x) t.push_back(v.tangent);
  return t;
}

template <class T>
class call {
 public:
  explicit call(std::int64_t batch = 1) { arguments_.batch = batch; }

  // ---- inputs, in order ----
  call& sample(std::initializer_list<int> dims, std::vector<T> x, int k = 1) {
    return input(extent(dims, 1, k), ts::role::real, std::move(x), {}, {});
  }
  call& sample(std::initializer_list<int> dims, std::initializer_list<double> x, int k = 1) {
    return sample(dims, numbers(x), k);
  }
  call& weight(std::initializer_list<int> dims, std::vector<T> x) {
    return input(extent(dims, 0, 1), ts::role::real, std::move(x), {}, {});
  }
  call& weight(std::initializer_list<int> dims, std::initializer_list<double> x) {
    return weight(dims, numbers(x));
  }
  call& index(std::initializer_list<int> dims, std::vector<std::int32_t> x) {
    return input(extent(dims, 1, 1), ts::role::index, {}, std::move(x), {});
  }
  call& mask(std::initializer_list<int> dims, std::vector<std::uint8_t> x) {
    return input(extent(dims, 1, 1), ts::role::mask, {}, {}, std::move(x));
  }
  call& absent() {
    inputs_.push_back({});
    return *this;
  }

  // ---- what else a node carries ----
  call& attributes(const ts::attributes& a) {
    arguments_.attr = a;
    return *this;
  }
  call& setting(double x) {
    settings_.push_back(x);
    return *this;
  }
  call& random(std::uint64_t seed, std::uint64_t step, std::uint64_t site) {
    arguments_.seed = seed, arguments_.step = step, arguments_.site = site;
    return *this;
  }
  call& ids(std::vector<std::int64_t> samples) {
    samples_ = std::move(samples);
    return *this;
  }
  call& slice(const ts::slice_range& s) {
    slices_.push_back(s);
    return *this;
  }

  // ---- outputs ----
  call& add_onto(int output, std::vector<T> x) {  // accumulates
    before_.push_back({output, true, std::move(x)});
    return *this;
  }
  call& add_onto(int output, std::initializer_list<double> x) {
    return add_onto(output, numbers(x));
  }
  call& write_over(int output, std::vector<T> x) {  // sees what is there
    before_.push_back({output, false, std::move(x)});
    return *this;
  }
  call& write_over(int output, std::initializer_list<double> x) {
    return write_over(output, numbers(x));
  }
  call& unread(int output) {  // null
    unread_ |= 1u << output;
    return *this;
  }
  call& in_place(int input) {  // output 0 is the memory of that input
    in_place_ = input;
    return *this;
  }

  template <ts::name Op, class Backend = ts::reference>
  call& run() {
    ts::graph g;
    const ts::value_id first = emit(g, ts::rules_of<Op>);
    if (!g.ok()) throw ts::error("call: " + Op.text(), "shapes that fit", "others");
    outputs_.clear();
    for (int i = 0; i < ts::rules_of<Op>.outputs; ++i)
      outputs_.push_back(fresh(g.values[first + i]));
    for (const auto& b : before_) {
      auto& y = outputs_[static_cast<std::size_t>(b.output)];
      if (y.real.size() != b.x.size()) throw ts::error("call", "as many elements", "others");
      y.real = b.x;
    }
    std::vector<ts::operand> in, out;
    for (auto& x : inputs_) in.push_back(x.operand(arguments_.batch));
    for (auto& y : outputs_) out.push_back(y.operand(arguments_.batch));
    for (const auto& b : before_)
      out[static_cast<std::size_t>(b.output)].accumulate = b.accumulates;
    for (std::size_t i = 0; i < out.size(); ++i)
      if (unread_ >> i & 1) out[i].data = nullptr;
    if (in_place_ >= 0) out[0].data = in[static_cast<std::size_t>(in_place_)].data;
    arguments_.inputs = in.data();
    arguments_.outputs = out.data();
    arguments_.input_count = static_cast<int>(in.size());
    arguments_.settings = settings_.data();
    arguments_.samples = samples_.empty() ? nullptr : samples_.data();
    arguments_.slices = slices_.data();
    arguments_.slice_count = static_cast<int>(slices_.size());
    ts::kernel<Op, Backend>::template run<T>(arguments_);
    return *this;
  }

  // ---- results ----
  const std::vector<T>& out(int i) const { return outputs_[static_cast<std::size_t>(i)].real; }
  const std::vector<std::int32_t>& index_out(int i) const {
    return outputs_[static_cast<std::size_t>(i)].index;
  }
  const std::vector<std::uint8_t>& mask_out(int i) const {
    return outputs_[static_cast<std::size_t>(i)].mask;
  }
  const std::vector<T>& in(int i) const { return inputs_[static_cast<std::size_t>(i)].real; }
  const ts::shape& out_shape(int i) const { return outputs_[static_cast<std::size_t>(i)].extent; }

 private:
  struct held {
    ts::shape extent;
    ts::role kind = ts::role::real;
    bool present = false;
    std::vector<T> real;
    std::vector<std::int32_t> index;
    std::vector<std::uint8_t> mask;

    ts::operand operand(std::int64_t batch) {
      if (!present) return {};
      void* data = real.data();
      if (kind == ts::role::index) data = index.data();
      if (kind == ts::role::mask) data = mask.data();
      return {data, extent, extent.count(batch), false};
    }
  };
  struct initial {
    int output;
    bool accumulates;
    std::vector<T> x;
  };

  static std::vector<T> numbers(std::initializer_list<double> x) {
    std::vector<T> y;
    for (const double v : x) y.push_back(static_cast<T>(v));
    return y;
  }
  static ts::shape extent(std::initializer_list<int> dims, int power, int k) {
    ts::shape s;
    s.k = k;
    s.power = power;
    for (const int d : dims) s.dims[s.rank++] = d;
    return s;
  }
  call& input(const ts::shape& s, ts::role kind, std::vector<T> real,
              std::vector<std::int32_t> index, std::vector<std::uint8_t> mask) {
    const auto expected = static_cast<std::size_t>(s.count(arguments_.batch));
    if (real.size() + index.size() + mask.size() != expected)
      throw ts::error("call: input " + std::to_string(inputs_.size()),
                      std::to_string(expected) + " elements",
                      std::to_string(real.size() + index.size() + mask.size()));
    inputs_.push_back({s, kind, true, std::move(real), std::move(index), std::move(mask)});
    return *this;
  }
  ts::value_id emit(ts::graph& g, const ts::op_rules& rules) const {
    ts::value_id v[8] = {};
    std::size_t n = 0;
    for (const auto& x : inputs_)
      v[n++] = x.present ? g.add_input("x", x.extent, x.kind) : ts::absent;
    switch (n) {
      case 1:
        return g.emit(rules, {v[0]}, arguments_.attr);
      case 2:
        return g.emit(rules, {v[0], v[1]}, arguments_.attr);
      case 3:
        return g.emit(rules, {v[0], v[1], v[2]}, arguments_.attr);
      case 4:
        return g.emit(rules, {v[0], v[1], v[2], v[3]}, arguments_.attr);
      case 5:
        return g.emit(rules, {v[0], v[1], v[2], v[3], v[4]}, arguments_.attr);
      case 6:
        return g.emit(rules, {v[0], v[1], v[2], v[3], v[4], v[5]}, arguments_.attr);
    }
    throw ts::error("call", "1 to 6 inputs", std::to_string(n));
  }
  held fresh(const ts::value& v) const {
    const auto count = static_cast<std::size_t>(v.extent.count(arguments_.batch));
    held y{v.extent, v.kind, true, {}, {}, {}};
    if (v.kind == ts::role::index)
      y.index.assign(count, -1);
    else if (v.kind == ts::role::mask)
      y.mask.assign(count, 255);
    else
      y.real.assign(count, std::numeric_limits<T>::quiet_NaN());
    return y;
  }

  std::vector<held> inputs_, outputs_;
  std::vector<double> settings_;
  std::vector<std::int64_t> samples_;
  std::vector<ts::slice_range> slices_;
  std::vector<initial> before_;
  unsigned unread_ = 0;
  int in_place_ = -1;
  ts::arguments arguments_;
};

}  // namespace support
