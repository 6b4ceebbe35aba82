// expect: tessera::depth: must equal the sum over the stages
// beside: 5, 3
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<5>,
                    ts::classes<10>, ts::stages<ts::stage<1>, ts::pool::average<2>, ts::stage<2>>>;
static_assert(ts::parameters<bad> > 0);
