// expect: tessera: a word is missing
// beside: 'c', 'l', 'a', 's', 's', 'e', 's'
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/early_exit.hpp"

namespace ts = tessera;

using bad = ts::early_exit<
    ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>, ts::head::none>,
    ts::exit_at<1, ts::exit_head::linear>>;
static_assert(ts::parameters<bad> > 0);
