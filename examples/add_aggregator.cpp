// How is a federated aggregator added from outside?
//     cmake --build build --target example_add_aggregator && build/examples/example_add_aggregator
// The aggregator is the median of the clients, weight by weight: a client that sends nonsense moves
// it no further than to a neighbour (Yin et al. 2018). The number of samples does not count.
#include <tessera/arch/counts.hpp>
#include <tessera/arch/vit.hpp>
#include <tessera/federated/fed_avg.hpp>
#include <tessera/model/weights.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

namespace ts = tessera;

struct median {
  static constexpr int min_clients = 3;  // of two, one could be the nonsense

  template <class T>
  static void combine(const ts::cohort<T>& c) {
    std::vector<T> x(c.clients.size());
    const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
    for (const ts::slice* s : c.slices)
      for (std::int64_t i = s->offset; i < s->offset + s->size; ++i) {
        for (std::size_t k = 0; k < x.size(); ++k)
          x[k] = c.clients[k][static_cast<std::size_t>(i)];
        std::nth_element(x.begin(), middle, x.end());
        c.global[static_cast<std::size_t>(i)] = *middle;
      }
  }
};
static_assert(ts::aggregator<median>);

using tiny = ts::vit<ts::image<8, 8, 1>, ts::patch<4>, ts::width<16>, ts::heads<2>, ts::depth<1>,
                     ts::classes<3>>;

// Four clients who moved by 0.01 and one who sends 1000 everywhere; how far the server moves.
template <class Aggregator>
float movement() {
  const auto before = ts::make_weights<float>(ts::build_graph<tiny>(), 1);
  std::vector<ts::weights<float>> clients(5, before);
  for (std::size_t k = 0; k < 5; ++k)
    for (float& w : clients[k].values) w = k == 4 ? 1000.0f : w + 0.01f;
  std::vector<ts::client_update<float>> updates;
  for (int k = 0; k < 5; ++k) {
    const auto& c = clients[static_cast<std::size_t>(k)];
    updates.push_back({k, 0, 0, 100, c.values, c.table});
  }
  auto server = before;
  const ts::scope everything[] = {{"*", ts::over::all}};
  ts::aggregate_round<Aggregator, float>(std::span<float>(server.values), server.table, updates,
                                         everything);
  float most = 0;
  for (const ts::slice& s : server.table)
    for (std::int64_t i = s.offset; i < s.offset + s.size; ++i) {
      const auto at = static_cast<std::size_t>(i);
      most = std::max(most, std::abs(server.values[at] - before.values[at]));
    }
  return most;
}

int main() {
  const float mean = movement<ts::aggregate::fed_avg>();
  std::printf("mean:   the server moves by up to %.2f\n", double(mean));
  std::printf("median: the server moves by up to %.2f\n", double(movement<median>()));
  return movement<median>() < 0.02f ? 0 : 1;
}

//     mean:   the server moves by up to 200.06
//     median: the server moves by up to 0.01
