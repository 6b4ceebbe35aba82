#pragma once
// Weights: one flat buffer with a table of named slices (model/slice.hpp). Programs and workspaces
// refer to them by name; one set of weights serves any number of workspaces on any number of
// threads. Slices start at multiples of 16 elements; the gaps are zero and stay zero.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/config.hpp"
#include "tessera/error.hpp"
#include "tessera/graph/graph.hpp"
#include "tessera/model/slice.hpp"
#include "tessera/tensor/philox.hpp"

namespace tessera::inline v0 {

// "[192, 3, 16, 16]", for messages.
template <class Shape>
TESSERA_COLD std::string shape_text(const Shape& shape) {
  std::string s = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) s += (i ? ", " : "") + std::to_string(shape[i]);
  return s + "]";
}

template <class T>
struct weights {
  std::vector<slice> table;
  std::vector<T> values;

  const slice* find(std::string_view name) const {
    for (const slice& s : table)
      if (s.name == name) return &s;
    return nullptr;
  }
  std::span<T> operator[](std::string_view name) {
    const slice& s = require(name);
    return {values.data() + s.offset, static_cast<std::size_t>(s.size)};
  }
  std::span<const T> operator[](std::string_view name) const {
    const slice& s = require(name);
    return {values.data() + s.offset, static_cast<std::size_t>(s.size)};
  }
  TESSERA_COLD const slice& require(std::string_view name) const {
    if (const slice* s = find(name)) return *s;
    throw error("weights", "a slice named \"" + std::string(name) + "\"", "none");
  }
};

// The table that a graph built at run time asks for.
TESSERA_COLD inline std::vector<slice> table_of(const graph& g) {
  std::vector<slice> table;
  std::int64_t offset = 0;
  for (const parameter& p : g.parameters) {
    slice s;
    s.name = g.text_at(p.text);
    s.shape.assign(p.extent.dims, p.extent.dims + p.extent.rank);
    s.size = p.extent.per_sample();
    s.offset = offset;
    s.kind = p.kind;
    s.decay = p.decay;
    offset += (s.size + 15) / 16 * 16;
    table.push_back(std::move(s));
  }
  return table;
}

inline std::int64_t flat_size(const std::vector<slice>& table) {
  return table.empty() ? 0 : table.back().offset + (table.back().size + 15) / 16 * 16;
}

namespace detail {

// Fixed 2-D sin-cos positions (T, D) on a grid `columns` wide, computed in double: the first half of
// the channels encodes the column, the second the row, each as D/4 sines then D/4 cosines of
// position * 10000^(-i / (D/4)). The first rows % columns rows belong to prefix tokens and are zero.
// Source: MAE.
template <class T>
void fill_sin_cos(T* out, int rows, int width, int columns) {
  const int quarter = width / 4, prefix = rows % columns;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < width; ++c) {
      const int cell = r - prefix, half = c / (2 * quarter), j = c % (2 * quarter);
      const double at = half == 0 ? cell % columns : cell / columns;
      const double angle = at * std::pow(10000.0, -double(j % quarter) / quarter);
      const double x = cell < 0 || half > 1 ? 0 : j < quarter ? std::sin(angle) : std::cos(angle);
      out[std::int64_t(r) * width + c] = static_cast<T>(static_cast<float>(x));
    }
}

}  // namespace detail

// Fills the slices that `g` names, each as its initialiser says, from Philox (seed, name, element):
// a slice's values do not depend on what else there is. Drawn in float, whatever T.
template <class T>
TESSERA_COLD void initialise(weights<T>& w, const graph& g, std::uint64_t seed) {
  for (const parameter& p : g.parameters) {
    const std::string_view name = g.text_at(p.text);
    const std::span<T> out = w[name];
    const std::uint64_t site = site_hash(name);
    const double a = p.scale;
    const int last = p.extent.last();
    const double bound =
        p.init == initialiser::xavier_uniform
            ? std::sqrt(6.0 / (p.extent.dims[0] + double(p.extent.per_sample()) / p.extent.dims[0]))
            : 1 / std::sqrt(std::max(a, 1e-30));
    if (p.init == initialiser::sin_cos) {
      detail::fill_sin_cos(out.data(), static_cast<int>(p.extent.per_sample() / last), last,
                           static_cast<int>(p.scale));
      continue;
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      double x = 0;
      switch (p.init) {
        case initialiser::ones: x = 1; break;
        case initialiser::constant: x = a; break;
        case initialiser::average: {
          const auto window = static_cast<std::size_t>(p.extent.dims[2] * p.extent.dims[3]);
          const auto inputs = static_cast<std::size_t>(p.extent.dims[1]);
          x = i / window / inputs == i / window % inputs ? a : 0;
          break;
        }
        case initialiser::normal: x = a * normal(seed, 0, site, 0, i); break;
        case initialiser::truncated_normal:
          x = truncated_normal(seed, 0, site, 0, i, 0, a, -2, 2);
          break;
        case initialiser::xavier_uniform:
        case initialiser::fan_in_uniform:
          x = bound * (2 * double(uniform(seed, 0, site, 0, i)) - 1);
          break;
        default: break;
      }
      out[i] = static_cast<T>(static_cast<float>(x));
    }
  }
}

template <class T>
TESSERA_COLD weights<T> make_weights(const graph& g, std::uint64_t seed) {
  weights<T> w;
  w.table = table_of(g);
  w.values = std::vector<T>(static_cast<std::size_t>(flat_size(w.table)));
  initialise(w, g, seed);
  return w;
}

}  // namespace tessera::inline v0
