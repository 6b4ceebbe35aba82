// The ops of an update on a flat buffer of four million weights, as many as the demo's networks and
// a fifth of ViT-S/16.

#include "op_benchmark.hpp"

#include "tessera/train/optimizers.hpp"

namespace {

constexpr std::int64_t count = 1 << 22;

template <class Part>
struct update_graph {
  static constexpr ts::graph build() {
    ts::graph g;
    const ts::value_id w = ts::add_flat(g, ts::storage::parameter);
    const ts::value_id d = ts::add_flat(g, ts::storage::gradient);
    int buffers = 0;
    Part::update(g, w, d, buffers);
    return g;
  }
};

// read, written: flat buffers.
template <class Part>
void add_update(const std::string& name, int read, int written) {
  register_case(name + "/flat", 1, [=](benchmark::State& state, int threads) {
    const auto p = ts::compile<update_graph<Part>, ts::cpu, float>({});
    const std::vector<ts::slice> table{{"weights", {static_cast<int>(count)}, 0, count}};
    const ts::slice_range whole{0, count};
    std::vector<float> weights(count, 0.5f), gradients(count, 0.25f), first(count), second(count);
    void* const state_buffers[] = {first.data(), second.data()};
    ts::workspace space(*p, table, 1);
    ts::thread_pool& pool = calibration::pool_of(threads);
    ts::run_context c;
    c.weights = weights.data();
    c.gradients = gradients.data();
    c.optimizer = state_buffers;
    c.slices = {&whole, 1};
    c.pool = &pool;
    constexpr double bytes = 4.0 * count;
    measure(state, pool, {0, read * bytes, written * bytes}, [&] { space.run(c); });
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_update<ts::adamw>("adamw", 4, 3);
  add_update<ts::sgd>("sgd", 3, 2);
  add_update<ts::lars>("lars", 3, 2);
  add_update<ts::ema>("ema", 2, 1);
  add_update<ts::clip_by_norm>("clip_by_norm", 1, 0);
  add_update<ts::clip_by_value>("clip_by_value", 1, 1);
  return run_benchmarks(argc, argv);
}
