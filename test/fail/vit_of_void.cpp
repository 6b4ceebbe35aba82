// expect: tessera::vit<Words...>: every word must be a setting or stages
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                    ts::classes<10>, void>;
static_assert(ts::parameters<bad> > 0);
