// expect: tessera::stages<Parts...>: every part must build
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::classes<10>,
                    ts::stages<ts::stages<ts::stage<1>>>>;
static_assert(ts::parameters<bad> > 0);
