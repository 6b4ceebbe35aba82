#pragma once
// A workspace: the memory of one program for batches up to a capacity, and the walk over its kernels.
// run() allocates nothing. One thread uses it at a time; several workspaces may share weights.

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/config.hpp"
#include "tessera/graph/lives.hpp"
#include "tessera/model/program.hpp"
#include "tessera/model/slice.hpp"

namespace tessera::inline v0 {

// What a run reads and writes outside its workspace. Flat buffers are laid out by one table.
struct run_context {
  void* weights = nullptr;
  void* gradients = nullptr;
  void* const* optimizer = nullptr;        // flat buffers of optimizer state
  std::span<const void* const> inputs;     // one per graph input
  std::span<const void* const> given;      // one per cut value
  std::uint64_t seed = 0, step = 0;
  const std::int64_t* samples = nullptr;   // global ids; null: the row
  std::span<const slice_range> slices;
  thread_pool* pool = nullptr;
};

class workspace {
 public:
  TESSERA_COLD workspace(const program& p, const std::vector<slice>& table, std::int64_t capacity)
      : program_(&p), capacity_(capacity), batch_(capacity) {
    if (capacity < 1) throw error("workspace", "a batch of at least 1", std::to_string(capacity));
    bind_parameters(table);
    lay_out_values();
    list_operands();
    for (const setting& s : p.g.settings) settings_.push(s.value);
  }

  std::int64_t capacity() const { return capacity_; }
  std::int64_t batch() const { return batch_; }
  // The batch of the next runs: from 1 to the capacity.
  TESSERA_COLD void set_batch(std::int64_t batch) {
    if (batch == batch_) return;
    if (batch < 1 || batch > capacity_)
      throw error("workspace", "a batch from 1 to " + std::to_string(capacity_),
                  std::to_string(batch));
    batch_ = batch;
    for (int i = 0; i < operands_.size(); ++i)
      if (origins_[i].scales) operands_[i].count = operands_[i].extent.count(batch_);
  }
  std::int64_t arena_bytes() const { return arena_bytes_; }

  // Settings by full name ("gradient.seed", "blocks.0.norm1.eps"); false if there is none.
  TESSERA_COLD bool set(std::string_view what, double x) {
    bool found = false;
    const graph& g = program_->g;
    for (int i = 0; i < g.settings.size(); ++i)
      if (what == g.text_at(g.settings[i].text)) settings_[i] = x, found = true;
    return found;
  }

  void run(const run_context& c) {
    const graph& g = program_->g;
    for (int i = 0; i < operands_.size(); ++i) operands_[i].data = resolve(origins_[i], c);
    arguments a;
    a.batch = batch_;
    a.seed = c.seed;
    a.step = c.step;
    a.samples = c.samples;
    a.slices = c.slices.data();
    a.slice_count = static_cast<int>(c.slices.size());
    a.pool = c.pool;
    for (const call& k : calls_) {
      const node& n = g.nodes[k.node];
      a.inputs = operands_.begin() + k.first;
      a.input_count = n.inputs;
      a.outputs = a.inputs + n.inputs;
      a.attr = n.attr;
      a.settings = n.settings < 0 ? nullptr : settings_.begin() + n.settings;
      a.site = n.site;
      program_->kernels[k.node](a);
      if (observer != nullptr) observer(observed, n);
    }
  }

  // The i-th result of the program; valid until the next run.
  const void* result(int i) const {
    const value_id v = root_of(program_->g, program_->results[i]);
    return arena_.get() + places_[v].offset;
  }
  std::int64_t result_count(int i) const {
    return program_->g.values[program_->results[i]].extent.count(batch_);
  }

  // Called after each node, for profiles; null by default.
  void (*observer)(void*, const node&) = nullptr;
  void* observed = nullptr;

 private:
  enum class origin_kind : std::uint8_t { none, arena, input, given, weights, gradients, optimizer };
  struct origin {
    origin_kind kind = origin_kind::none;
    int index = 0;
    std::int64_t offset = 0;  // bytes
    bool scales = false;      // with the batch
  };
  struct call {
    int node = 0;
    int first = 0;
  };
  struct aligned_delete {
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{64}); }
  };

  TESSERA_COLD void bind_parameters(const std::vector<slice>& table) {
    const graph& g = program_->g;
    for (const slice& s : table) flat_ = std::max(flat_, s.offset + (s.size + 15) / 16 * 16);
    for (const parameter& p : g.parameters) {
      const std::string_view name = g.text_at(p.text);
      std::int64_t offset = -1;
      for (const slice& s : table)
        if (s.name == name && s.size == p.extent.per_sample()) offset = s.offset;
      if (offset < 0)
        throw error("workspace", "weights with a slice \"" + std::string(name) + "\" of " +
                                     std::to_string(p.extent.per_sample()) + " elements",
                    "none");
      parameter_offsets_.push(offset);
    }
  }

  TESSERA_COLD void lay_out_values() {
    const program& p = *program_;
    const graph& g = p.g;
    places_.clear_to(g.values.size());
    for (int v = 0; v < g.values.size(); ++v) {
      const value& x = g.values[v];
      if (x.view_of != absent) continue;
      origin& place = places_[v];
      place.index = x.index;
      switch (x.where) {
        case storage::input: place.kind = origin_kind::input; continue;
        case storage::optimizer: place.kind = origin_kind::optimizer; continue;
        case storage::parameter:
        case storage::gradient:
          place.kind =
              x.where == storage::parameter ? origin_kind::weights : origin_kind::gradients;
          if (x.index >= 0)
            place.offset = parameter_offsets_[x.index] * p.scalar_bytes;
          continue;
        case storage::activation: break;
      }
      for (int k = 0; k < p.given.size(); ++k)
        if (p.given[k] == v) place = {origin_kind::given, k, 0, false};
    }
    live_blocks live = find_lives(g, p.needed, p.results, p.given, capacity_, p.scalar_bytes);
    arena_bytes_ = lay_out(live.blocks);
    for (int b = 0; b < live.blocks.size(); ++b) {
      origin& place = places_[live.owners[b]];
      place.kind = origin_kind::arena;
      place.offset = live.blocks[b].offset;
    }
    if (arena_bytes_ > 0)
      arena_.reset(static_cast<std::byte*>(
          ::operator new(static_cast<std::size_t>(arena_bytes_), std::align_val_t{64})));
  }

  TESSERA_COLD void list_operands() {
    const program& p = *program_;
    const graph& g = p.g;
    for (int i = 0; i < g.nodes.size(); ++i) {
      if (!p.needed[i]) continue;
      const node& n = g.nodes[i];
      calls_.push({i, operands_.size()});
      for (int k = 0; k < n.inputs; ++k) add_operand(g.in(n, k));
      for (int o = 0; o < n.op->outputs; ++o) add_operand(n.output + o);
    }
  }
  TESSERA_COLD void add_operand(value_id v) {
    operand o;
    origin from;
    if (v != absent) {
      const value& x = program_->g.values[v];
      const bool whole = (x.where == storage::parameter || x.where == storage::gradient ||
                          x.where == storage::optimizer) &&
                         program_->g.values[root_of(program_->g, v)].index < 0;
      from = places_[root_of(program_->g, v)];
      o.extent = x.extent;
      from.scales = !whole && x.where != storage::optimizer;
      o.count = from.scales ? x.extent.count(batch_) : flat_;
      o.accumulate = x.where == storage::gradient && x.index >= 0;
    }
    operands_.push(o);
    origins_.push(from);
  }

  void* resolve(const origin& o, const run_context& c) const {
    const auto i = static_cast<std::size_t>(o.index);
    switch (o.kind) {
      case origin_kind::arena: return arena_.get() + o.offset;
      case origin_kind::input: return const_cast<void*>(c.inputs[i]);  // kernels only read inputs
      case origin_kind::given: return const_cast<void*>(c.given[i]);
      case origin_kind::weights: return static_cast<std::byte*>(c.weights) + o.offset;
      case origin_kind::gradients: return static_cast<std::byte*>(c.gradients) + o.offset;
      case origin_kind::optimizer: return c.optimizer[i];
      case origin_kind::none: break;
    }
    return nullptr;
  }

  const program* program_;
  std::int64_t capacity_, batch_, arena_bytes_ = 0, flat_ = 0;
  buffer<std::int64_t> parameter_offsets_;
  buffer<origin> places_, origins_;
  buffer<operand> operands_;
  buffer<call> calls_;
  buffer<double> settings_;
  std::unique_ptr<std::byte, aligned_delete> arena_;
};

}  // namespace tessera::inline v0
