// expect: tessera::conv_stem<Channels...>: takes 1 to 6
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::width<48>, ts::heads<3>, ts::depth<2>, ts::classes<10>,
                    ts::conv_stem<>>;
static_assert(ts::parameters<bad> > 0);
