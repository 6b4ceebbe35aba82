// expect: tessera::early_exit<Vit, Exits...>: Vit must be a ts::vit
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/early_exit.hpp"

namespace ts = tessera;

using bad = ts::early_exit<int>;
static_assert(ts::parameters<bad> > 0);
