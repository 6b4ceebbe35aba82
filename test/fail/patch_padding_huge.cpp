// expect: tessera::patch<Size, Words...>: stride must be
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::patch<8, ts::padding<2000000000>>, ts::width<48>,
                    ts::heads<3>, ts::depth<2>, ts::classes<10>>;
static_assert(ts::parameters<bad> > 0);
