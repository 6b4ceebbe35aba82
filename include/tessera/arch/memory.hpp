#pragma once
// What an architecture or a training step takes in bytes:
//
//     ts::memory<vit_b>(64).activations    inference: what ts::model<vit_b> allocates for 64 images
//     ts::memory<step>(64).total()         training: what ts::trainer<step> allocates
//
// An architecture alone is inference: evaluation mode, everything that "output" does not depend on
// left out, nodes fused as the backend asks. A training step holds gradients and what its optimizer
// remembers too, and keeps all activations that its gradients read (but what recompute<...> says).
// Whatever the allocator adds is not counted, nor are inputs, which stay in the caller's memory.
// Errors: a batch below 1.

#include <cstdint>
#include <string>

#include "tessera/arch/print.hpp"
#include "tessera/error.hpp"
#include "tessera/graph/lives.hpp"
#include "tessera/ops/fused.hpp"

namespace tessera::inline v0 {

struct memory_report {
  std::int64_t weights = 0;      // trained and frozen, each slice rounded up to 16 elements
  std::int64_t state = 0;        // running statistics, likewise
  std::int64_t activations = 0;  // the arena: values that are not alive together share memory
  std::int64_t lower_bound = 0;  // of that arena: the most bytes alive at once
  std::int64_t gradients = 0;    // one for each element of weights and state
  std::int64_t optimizer = 0;    // moments and averages: as many, each
  std::int64_t kept = 0;         // a copy of the state from before a batch, for a batch that fails

  std::int64_t total() const {
    return weights + state + activations + gradients + optimizer + kept;
  }
};

namespace detail {

TESSERA_COLD inline void add_arena(memory_report& m, const graph& g,
                                   const buffer<value_id>& results, std::int64_t batch,
                                   int scalar_bytes) {
  live_blocks l = find_lives(g, live(g, results), results, {}, batch, scalar_bytes);
  m.activations += lay_out(l.blocks);
  m.lower_bound += most_alive(l.blocks);
}

TESSERA_COLD inline memory_report memory_of(const graph& g, const buffer<value_id>& results,
                                            std::int64_t batch, int scalar_bytes) {
  if (batch < 1) throw error("memory", "a batch of at least 1", std::to_string(batch));
  memory_report m;
  for (const parameter& p : g.parameters) {
    const std::int64_t size = p.extent.per_sample();
    (p.kind == slice_kind::state ? m.state : m.weights) += (size + 15) / 16 * 16 * scalar_bytes;
  }
  add_arena(m, g, results, batch, scalar_bytes);
  return m;
}

}  // namespace detail

// Of A for `batch` samples at a time; Backend and T as of ts::model and ts::trainer.
template <class A, class Backend = cpu, class T = float>
memory_report memory(std::int64_t batch) {
  constexpr int each = static_cast<int>(sizeof(T));
  graph g = detail::graph_to_show<A>();
  buffer<value_id> results;
  if constexpr (requires { A::gradient(); }) {
    results.push(g.find_tap(label("loss").hash));
    for (int i = 0; i < A::terms(); ++i) {
      const graph::scope term(g, label("loss"), i);
      results.push(g.find_tap(g.path));
    }
    memory_report m = detail::memory_of(g, results, batch, each);
    results.shrink(0);
    detail::add_arena(m, A::update(), results, 1, each);
    m.gradients = m.weights + m.state;
    m.optimizer = A::optimizer_buffers() * m.gradients;
    for (const parameter& p : g.parameters)
      if (p.kind == slice_kind::state) m.kept += p.extent.per_sample() * each;
    return m;
  } else {
    fuse(g, fusions_of<Backend>());
    results.push(g.find_tap(label("output").hash));
    return detail::memory_of(g, results, batch, each);
  }
}

}  // namespace tessera::inline v0
