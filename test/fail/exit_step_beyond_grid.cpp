// expect: tessera::exit_head::global_aggregation: its step
// beside: 8, 9
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/early_exit.hpp"

namespace ts = tessera;

using bad = ts::early_exit<ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::heads<4>,
                                   ts::depth<2>, ts::classes<10>>,
                           ts::exit_at<1, ts::exit_head::global_aggregation<9>>>;
static_assert(ts::parameters<bad> > 0);
