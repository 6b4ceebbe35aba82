// expect: tessera: two words contradict each other
// beside: 'n', 'o', 'r', 'm', 'a', 'l', 'i', 's', 'e'
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32, 32, 1>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                    ts::classes<10>, ts::normalise::imagenet>;
static_assert(ts::parameters<bad> > 0);
