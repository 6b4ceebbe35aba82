// expect: tessera::mae: the encoder must be
// beside: 's', 't', 'a', 'g', 'e', 's'
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/mae.hpp"

namespace ts = tessera;

using bad = ts::mae<ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>,
                            ts::classes<10>, ts::stages<ts::stage<1>>>,
                    ts::decoder<ts::width<24>, ts::depth<1>, ts::heads<2>>, ts::mask::random<3, 4>>;
static_assert(ts::parameters<bad> > 0);
