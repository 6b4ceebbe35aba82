// expect: tessera::cascaded<Parts...>: every part must be
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/cascaded.hpp"
#include "tessera/arch/counts.hpp"

namespace ts = tessera;

using bad = ts::cascaded<int>;
static_assert(ts::parameters<bad> > 0);
