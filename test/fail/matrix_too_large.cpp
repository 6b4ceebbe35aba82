// expect: tessera: too
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<1024, 1024, 1024>, ts::patch<1024>, ts::width<65536>, ts::heads<1>,
                    ts::depth<2>, ts::classes<10>>;
static_assert(ts::parameters<bad> > 0);
