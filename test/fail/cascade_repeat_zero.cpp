// expect: tessera::repeated<N, Model>: N must be
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/cascaded.hpp"
#include "tessera/arch/counts.hpp"

namespace ts = tessera;

using plain = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                      ts::classes<10>>;
using bad = ts::cascaded<ts::repeated<0, plain>, ts::classes<10>>;
static_assert(ts::parameters<bad> > 0);
