// expect: tessera: an architecture is wanted
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = int;
static_assert(ts::parameters<bad> > 0);
