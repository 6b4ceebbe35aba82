// expect: tessera::cascaded<Parts...>: needs at least one
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/cascaded.hpp"
#include "tessera/arch/counts.hpp"

namespace ts = tessera;

using bad = ts::cascaded<>;
static_assert(ts::parameters<bad> > 0);
