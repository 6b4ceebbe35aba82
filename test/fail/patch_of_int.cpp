// expect: tessera::patch<Size, Words...>: every word must be stride, padding or normed
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::patch<16, int>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                    ts::classes<10>>;
static_assert(ts::parameters<bad> > 0);
