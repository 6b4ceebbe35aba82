// expect: tessera: a word is missing
// beside: 'p', 'a', 't', 'c', 'h'
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

using bad = ts::vit<ts::image<32>, ts::classes<10>,
                    ts::stages<ts::mix_stage<1, ts::width<16>, ts::heads<1>>>>;
static_assert(ts::parameters<bad> > 0);
