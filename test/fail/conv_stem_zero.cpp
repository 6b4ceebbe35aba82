// expect: tessera::conv_stem<Channels...>: each number
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::width<48>, ts::heads<3>, ts::depth<2>, ts::classes<10>,
                    ts::conv_stem<8, 0>>;
static_assert(ts::parameters<bad> > 0);
