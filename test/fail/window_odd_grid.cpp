// expect: tessera::window: must divide the token grid
// beside: 9, 2
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<36, 28>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                    ts::classes<10>, ts::shifted_window<2>, ts::no_class_token>;
static_assert(ts::parameters<bad> > 0);
