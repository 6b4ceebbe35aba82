// expect: tessera::depth: must be at most
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/cascaded.hpp"
#include "tessera/arch/counts.hpp"

namespace ts = tessera;

using bad = ts::cascaded<ts::repeated<256, ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>,
                                                   ts::heads<3>, ts::depth<256>, ts::classes<10>>>,
                         ts::classes<10>>;
static_assert(ts::parameters<bad> > 0);
