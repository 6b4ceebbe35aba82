// The arena: values that are alive together never overlap, and memory is used again.
#include "tessera/graph/arena.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/graph/live.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/step.hpp"

namespace ts = tessera;
using ts::block;

namespace {

constexpr bool overlap(const ts::buffer<block>& blocks) {
  for (int i = 0; i < blocks.size(); ++i)
    for (int j = 0; j < i; ++j) {
      const block &a = blocks[i], &b = blocks[j];
      const bool together = a.first <= b.last && b.first <= a.last;
      const bool apart = a.offset + a.size <= b.offset || b.offset + b.size <= a.offset;
      if (together && !apart && a.size > 0 && b.size > 0) return true;
    }
  return false;
}

struct layout {
  std::int64_t bytes = 0, sum = 0, alive = 0;  // alive: the most that live at one node
  bool overlaps = false, aligned = true, inside = true;
};
constexpr layout lay(ts::buffer<block> blocks, int nodes) {
  layout r;
  r.bytes = ts::lay_out(blocks);
  r.overlaps = overlap(blocks);
  for (const block& b : blocks) {
    r.sum += b.size;
    r.aligned = r.aligned && b.offset % 64 == 0;
    r.inside = r.inside && b.offset >= 0 && b.offset + b.size <= r.bytes;
  }
  for (int at = 0; at < nodes; ++at) {
    std::int64_t now = 0;
    for (const block& b : blocks) now += b.first <= at && at <= b.last ? b.size : 0;
    r.alive = now > r.alive ? now : r.alive;
  }
  return r;
}

// A chain: each value dies where the next is born, so two of them are enough.
constexpr layout chain() {
  ts::buffer<block> blocks;
  for (int i = 0; i < 10; ++i) blocks.push({i, i + 1, 640});
  return lay(blocks, 11);
}
static_assert(chain().bytes == 2 * 640 && !chain().overlaps);

// Values that live to the end share nothing.
constexpr layout kept() {
  ts::buffer<block> blocks;
  for (int i = 0; i < 5; ++i) blocks.push({i, 9, 64 * (i + 1)});
  return lay(blocks, 10);
}
static_assert(kept().bytes == 64 * 15 && !kept().overlaps);

// Lives and sizes without order, sizes that are no multiple of the alignment, some empty.
constexpr layout disorderly(unsigned seed) {
  ts::buffer<block> blocks;
  for (int i = 0; i < 40; ++i) {
    seed = seed * 1664525u + 1013904223u;
    const int first = static_cast<int>(seed >> 20) % 50, length = static_cast<int>(seed >> 10) % 9;
    blocks.push({first, first + length, static_cast<std::int64_t>(seed >> 8) % 300});
  }
  return lay(blocks, 60);
}
constexpr bool orderly(const layout& r) {
  return !r.overlaps && r.aligned && r.inside && r.bytes >= r.alive && r.bytes < r.sum;
}
static_assert(orderly(disorderly(1)) && orderly(disorderly(2)) && orderly(disorderly(3)));

// The activations of a graph, alive from their node to the last that reads them.
constexpr ts::buffer<block> activations(const ts::graph& g, std::int64_t batch) {
  ts::buffer<block> blocks;
  ts::buffer<int> at;
  at.clear_to(g.values.size());
  for (int i = 0; i < g.nodes.size(); ++i) {
    const ts::node& n = g.nodes[i];
    for (int k = 0; k < n.inputs; ++k)
      if (const ts::value_id v = g.in(n, k); v != ts::absent && at[ts::root_of(g, v)] > 0)
        blocks[at[ts::root_of(g, v)] - 1].last = i;
    for (int o = 0; o < n.op->outputs; ++o)
      if (const ts::value& v = g.values[n.output + o]; v.where == ts::storage::activation)
        at[n.output + o] = blocks.push({i, i, 4 * v.extent.count(batch)}) + 1;
  }
  return blocks;
}
using small = ts::early_exit<
    ts::vit<ts::image<6>, ts::patch<2>, ts::width<6>, ts::heads<2>, ts::depth<2>, ts::classes<3>>,
    ts::exit_at<1, ts::exit_head::linear>>;
constexpr layout forward() {
  const ts::graph g = ts::build_graph<small>();
  return lay(activations(g, 3), g.nodes.size());
}
constexpr layout trained() {
  const ts::graph g =
      ts::train<small, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>::gradient();
  return lay(activations(g, 3), g.nodes.size());
}
static_assert(orderly(forward()) && orderly(trained()));
static_assert(3 * forward().bytes < forward().sum);  // most memory is used more than once

}  // namespace
