// expect: tessera::mae<Vit, Decoder, Mask>: Vit must be a ts::vit
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/mae.hpp"

namespace ts = tessera;

using bad =
    ts::mae<int, ts::decoder<ts::width<24>, ts::depth<1>, ts::heads<2>>, ts::mask::random<3, 4>>;
static_assert(ts::parameters<bad> > 0);
