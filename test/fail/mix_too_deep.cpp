// expect: tessera: too deep
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<
    ts::image<32>, ts::classes<10>,
    ts::stages<ts::mix_stage<256, ts::patch<4>, ts::width<16>, ts::heads<1>, ts::reduction<2>>>>;
static_assert(ts::parameters<bad> > 0);
