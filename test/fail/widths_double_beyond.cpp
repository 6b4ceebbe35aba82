// expect: tessera::width: must be 1 to 65536
// beside: 131072
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::patch<4>, ts::width<4096>, ts::heads<4>, ts::classes<10>,
                    ts::stages<ts::layer<1>, ts::layer<1>, ts::layer<1>, ts::layer<1>, ts::layer<1>,
                               ts::layer<1>, ts::layer<1>, ts::layer<1>>>;
static_assert(ts::parameters<bad> > 0);
