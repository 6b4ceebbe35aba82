// expect: tessera::exit_at: must lie between blocks
// beside: 2
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/early_exit.hpp"

namespace ts = tessera;

using plain = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                      ts::classes<10>>;
using bad = ts::early_exit<plain, ts::exit_at<2, ts::exit_head::linear>>;
static_assert(ts::parameters<bad> > 0);
