// expect: tessera: fixed sin-cos positions need
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::patch<4>, ts::width<30>, ts::heads<3>, ts::depth<2>,
                    ts::classes<10>, ts::positions::sin_cos>;
static_assert(ts::parameters<bad> > 0);
