// expect: tessera::stage<Blocks, Words...>: every word must be one of a block
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::heads<3>, ts::classes<10>,
                    ts::stages<ts::mix_stage<2, ts::patch<4>, ts::width<16>, int>>>;
static_assert(ts::parameters<bad> > 0);
