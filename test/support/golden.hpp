#pragma once
// The files of test/golden (its README.md says what they hold), and weights filled by the formula.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "support/formula.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/model/weights.hpp"

namespace golden {

namespace ts = tessera;

class file {
 public:
  explicit file(const std::string& stem)
      : file_(ts::safetensors_file::open(folder() + stem + ".safetensors")) {}

  bool has(const std::string& key) const { return file_.find(key) != nullptr; }
  std::vector<double> operator[](const std::string& key) const {
    const ts::safetensors_entry* e = file_.find(key);
    if (e == nullptr) throw ts::error("golden file", "a tensor " + key, "none");
    std::vector<double> x(e->bytes.size() / ts::dtype_width(e->type));
    ts::read_floats(*e, x);
    return x;
  }

 private:
  static std::string folder() {
    const std::string here = __FILE__;
    return here.substr(0, here.rfind("support")) + "golden/";
  }
  ts::safetensors_file file_;
};

template <class T>
std::vector<T> filled(const std::string& name, const std::vector<int>& shape) {
  std::size_t count = 1;
  for (const int d : shape) count *= static_cast<std::size_t>(d);
  std::vector<T> x(count);
  golden_fill<T>(name, shape, x);
  return x;
}

inline std::vector<std::int32_t> labels(int batch, int classes) {
  std::vector<std::int32_t> y(static_cast<std::size_t>(batch));
  golden_labels<std::int32_t>("labels", classes, y);
  return y;
}

// Everything that trains or follows batches; fixed positions keep what they are.
template <class T>
void fill_weights(ts::weights<T>& w, const std::string& prefix = {}) {
  for (const ts::slice& s : w.table)
    if (s.kind != ts::slice_kind::frozen) golden_fill<T>(prefix + s.name, s.shape, w[s.name]);
}

inline double largest(const std::vector<double>& x) {
  double most = 0;
  for (const double v : x) most = std::max(most, std::abs(v));
  return most;
}

// max |a - b|; infinite where lengths differ or a difference is not a number.
template <class A, class B>
double distance(const A& a, const B& b) {
  const double infinity = std::numeric_limits<double>::infinity();
  double worst = a.size() == b.size() ? 0 : infinity;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    worst = std::isnan(d) ? infinity : std::max(worst, d);
  }
  return worst;
}

// max |a - b| over the largest |b|.
template <class A>
double relative(const A& a, const std::vector<double>& b) {
  return distance(a, b) / largest(b);
}

}  // namespace golden
