// expect: tessera: this backend has no kernel for an op of the model
#include <tessera/tessera.hpp>

namespace ts = tessera;

template <>
struct tessera::op<"mine.sharpen"> {  // a contract, and no kernel yet
  static constexpr void infer(graph& g, const node& n) { g.set(n, 0, shape(g.in_shape(n, 0))); }
};
struct sharpen {
  static constexpr void build(ts::graph& g, ts::tokens& t) {
    t.x = ts::emit<"mine.sharpen">(g, {t.x});
  }
};
using counted = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::classes<10>,
                        ts::stages<ts::stage<1>, sharpen>>;
static_assert(ts::parameters<counted> > 0);  // it counts
int main() { ts::model<counted> net; }
