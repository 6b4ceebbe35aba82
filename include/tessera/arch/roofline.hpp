#pragma once
// How fast a machine could be at best, node by node (Williams, Waterman & Patterson 2009).
//
//     const auto r = ts::roofline<vit_b>(peak, bandwidth, 64);   FLOP/s, bytes/s, batch
//     std::cout << ts::roofline_text(r);
//
// FLOPs are two per multiply-accumulate (arch/counts.hpp: biases, norms, activations count none).
// Bytes, in float: each operand read once, whole, from memory, and each output written; a gradient
// that is added to is read too. Intensity is FLOPs per byte;
//     attainable = min(peak, intensity * bandwidth), seconds = max(FLOPs / peak, bytes / bandwidth)
// a lower bound for kernels that hand values over through memory. Of a training step: gradient and
// update. Errors: a peak or bandwidth that is not positive and finite; a batch below 1.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tessera/arch/print.hpp"
#include "tessera/error.hpp"

namespace tessera::inline v0 {

struct roofline_row {
  std::string path, op;
  double flops = 0, bytes = 0;
  double intensity = 0;   // FLOP per byte
  double attainable = 0;  // FLOP/s
  double seconds = 0;     // at least
  bool compute_bound = false;
};

struct roofline_report {
  std::vector<roofline_row> rows;
  roofline_row total;  // compute-bound if more than half of its seconds are
  double peak = 0, bandwidth = 0;
  std::int64_t batch = 1;
};

namespace detail {

// Three significant digits, or all before the point; very large and small numbers with an exponent.
inline std::string short_number(double x) {
  char text[40];
  const bool plain = x >= 1e-3 && x < 1e15;
  const int decimals = !plain ? 2 : x >= 100 ? 0 : x >= 10 ? 1 : x >= 1 ? 2 : 3;
  const auto form = plain ? std::chars_format::fixed : std::chars_format::scientific;
  return {text, std::to_chars(text, text + sizeof(text), x, form, decimals).ptr};
}

// Bytes that a node moves; `flat`: elements of a whole flat buffer.
inline double bytes_moved(const graph& g, const node& n, const std::vector<bool>& read,
                          std::int64_t batch, std::int64_t flat) {
  const auto bytes = [&](value_id v) {
    const value& x = g.values[v];
    const bool whole = x.where != storage::activation && x.where != storage::input && x.index < 0;
    return static_cast<double>(whole || x.where == storage::optimizer ? 4 * flat
                                                                      : bytes_of(x, batch, 4));
  };
  double moved = 0;
  for (int k = 0; k < n.inputs; ++k) {
    const value_id v = g.in(n, k);
    bool again = v == absent;
    for (int j = 0; j < k && !again; ++j)
      again = g.in(n, j) != absent && root_of(g, g.in(n, j)) == root_of(g, v);
    if (!again) moved += bytes(root_of(g, v));
  }
  for (int o = 0; o < n.op->outputs; ++o) {
    const value_id v = n.output + o;
    const bool kept = g.values[v].where != storage::activation;
    if ((n.op->optional >> o & 1u) != 0 && !kept && !read[static_cast<std::size_t>(v)]) continue;
    const bool added = g.values[v].where == storage::gradient && g.values[v].index >= 0;
    moved += (added ? 2 : 1) * bytes(v);
  }
  return moved;
}

inline void add_roofline(roofline_report& r, const graph& g, std::int64_t flat) {
  const std::vector<bool> read = values_read(g);
  for (const node& n : g.nodes) {
    roofline_row row{g.text_at(n.text), n.op->id.text()};
    row.flops = 2 * static_cast<double>(macs_of(g, n)) * static_cast<double>(r.batch);
    row.bytes = bytes_moved(g, n, read, r.batch, flat);
    row.intensity = row.bytes > 0 ? row.flops / row.bytes : 0;
    row.attainable = std::fmin(r.peak, row.intensity * r.bandwidth);
    row.seconds = std::fmax(row.flops / r.peak, row.bytes / r.bandwidth);
    row.compute_bound = row.flops / r.peak > row.bytes / r.bandwidth;
    r.rows.push_back(row);
  }
}

inline roofline_report begin_roofline(double peak, double bandwidth, std::int64_t batch) {
  if (!std::isfinite(peak) || peak <= 0)
    throw error("roofline", "a finite peak above 0 FLOP/s", std::to_string(peak));
  if (!std::isfinite(bandwidth) || bandwidth <= 0)
    throw error("roofline", "a finite bandwidth above 0 bytes/s", std::to_string(bandwidth));
  if (batch < 1) throw error("roofline", "a batch of at least 1", std::to_string(batch));
  return {{}, {"total", ""}, peak, bandwidth, batch};
}

inline void add_total(roofline_report& r) {
  double computing = 0;
  for (const roofline_row& row : r.rows) {
    r.total.flops += row.flops;
    r.total.bytes += row.bytes;
    r.total.seconds += row.seconds;
    if (row.compute_bound) computing += row.seconds;
  }
  r.total.intensity = r.total.bytes > 0 ? r.total.flops / r.total.bytes : 0;
  r.total.attainable = r.total.seconds > 0 ? r.total.flops / r.total.seconds : 0;
  r.total.compute_bound = computing > r.total.seconds / 2;
}

}  // namespace detail

// Of a graph that was built at run time.
inline roofline_report roofline_of(const graph& g, double peak_flops_per_s,
                                   double bandwidth_bytes_per_s, std::int64_t batch = 1) {
  roofline_report r = detail::begin_roofline(peak_flops_per_s, bandwidth_bytes_per_s, batch);
  detail::add_roofline(r, g, 0);
  detail::add_total(r);
  return r;
}

// Of an architecture or of a training step.
template <class A>
roofline_report roofline(double peak_flops_per_s, double bandwidth_bytes_per_s,
                         std::int64_t batch = 1) {
  roofline_report r = detail::begin_roofline(peak_flops_per_s, bandwidth_bytes_per_s, batch);
  const graph g = detail::graph_to_show<A>();
  detail::add_roofline(r, g, 0);
  if constexpr (requires { A::update(); }) {
    std::int64_t flat = 0;
    for (const parameter& p : g.parameters) flat += p.extent.per_sample();
    detail::add_roofline(r, A::update(), flat);
  }
  detail::add_total(r);
  return r;
}

// An aligned table; equal neighbours are one entry.
inline std::string roofline_text(const roofline_report& r) {
  const auto cells = [](const roofline_row& x, const std::string& what) {
    std::string s = '\t' + what + (x.compute_bound ? "\tcompute" : "\tmemory");
    const double numbers[] = {x.flops / 1e6, x.bytes / 1e6, x.intensity, x.attainable / 1e9,
                              x.seconds / 1e-6};
    for (const double y : numbers) s += y == 0 ? "\t-" : '\t' + detail::short_number(y);
    return s;
  };
  std::vector<detail::fold_row> rows;
  for (const roofline_row& row : r.rows) rows.push_back({row.path, cells(row, row.op)});
  const std::string total =
      cells(r.total, detail::grouped_digits(static_cast<long long>(r.rows.size())) + " nodes");
  return detail::table_writer("node\top\tbound by\tMFLOP\tMB\tFLOP/byte\tGFLOP/s\tus",
                              "lllrrrrr", rows, "total" + total)
      .text();
}

}  // namespace tessera::inline v0
