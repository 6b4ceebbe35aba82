// expect: tessera::exit_head::local_perception<Kernel>: Kernel must be
// beside: 4
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/early_exit.hpp"

namespace ts = tessera;

using plain = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                      ts::classes<10>>;
using bad = ts::early_exit<plain, ts::exit_at<1, ts::exit_head::local_perception<4>>>;
static_assert(ts::parameters<bad> > 0);
