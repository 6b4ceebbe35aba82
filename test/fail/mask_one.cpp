// expect: tessera::mask::random: must keep
// beside: 64, 0
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/mae.hpp"

namespace ts = tessera;

using plain = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                      ts::classes<10>>;
using bad =
    ts::mae<plain, ts::decoder<ts::width<24>, ts::depth<1>, ts::heads<2>>, ts::mask::random<1, 1>>;
static_assert(ts::parameters<bad> > 0);
