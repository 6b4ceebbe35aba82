// expect: tessera: fixed sin-cos positions need
// beside: 6, 24
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/mae.hpp"

namespace ts = tessera;

using bad = ts::mae<
    ts::vit<ts::image<32>, ts::patch<4>, ts::width<6>, ts::heads<3>, ts::depth<2>, ts::classes<10>>,
    ts::decoder<ts::width<24>, ts::depth<1>, ts::heads<2>>, ts::mask::random<3, 4>>;
static_assert(ts::parameters<bad> > 0);
