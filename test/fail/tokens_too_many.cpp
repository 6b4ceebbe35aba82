// expect: tessera: too many tokens
// beside: 32768
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32768, 32768>, ts::patch<1>, ts::width<48>, ts::heads<3>,
                    ts::depth<2>, ts::classes<10>>;
static_assert(ts::parameters<bad> > 0);
