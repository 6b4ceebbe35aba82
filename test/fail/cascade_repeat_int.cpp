// expect: tessera::repeated<N, Model>: Model must be
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/cascaded.hpp"
#include "tessera/arch/counts.hpp"

namespace ts = tessera;

using bad = ts::cascaded<ts::repeated<2, int>, ts::classes<10>>;
static_assert(ts::parameters<bad> > 0);
