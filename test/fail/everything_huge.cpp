// expect: tessera: too
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<1024, 1024, 1>, ts::patch<1>, ts::width<65536>, ts::heads<1>,
                    ts::depth<256>, ts::classes<16777216>>;
static_assert(ts::parameters<bad> > 0);
