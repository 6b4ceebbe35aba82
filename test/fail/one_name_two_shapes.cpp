// expect: tessera: one name has two shapes
// beside: 'h', 'e', 'a', 'd', '.', 'w', 'e', 'i', 'g', 'h', 't'
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

struct shared_pair {  // two networks of one name
  static constexpr ts::vit_settings settings() {
    return ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                   ts::classes<10>>::settings();
  }
  static constexpr ts::shape input_shape() {
    return ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                   ts::classes<10>>::input_shape();
  }
  static constexpr ts::value_id build(ts::graph& g, ts::value_id images) {
    const ts::value_id first = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>,
                                       ts::depth<2>, ts::classes<10>>::build(g, images);
    g.sharing = true;
    ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
            ts::classes<12>>::build(g, images);
    g.sharing = false;
    return first;
  }
};
static_assert(ts::parameters<shared_pair> > 0);
