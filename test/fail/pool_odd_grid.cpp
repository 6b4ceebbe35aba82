// expect: tessera::pool: must divide the token grid
// beside: 9, 2
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<36>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::classes<10>,
                    ts::stages<ts::stage<1>, ts::pool::conv<2>>>;
static_assert(ts::parameters<bad> > 0);
