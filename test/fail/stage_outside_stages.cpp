// expect: tessera::vit<Words...>: every word must be a setting or stages
#include <tessera/graph/diagnose.hpp>

#include <tessera/arch/vit.hpp>

namespace ts = tessera;

template struct ts::vit<ts::image<32>, ts::patch<8>, ts::width<48>, ts::heads<3>, ts::classes<10>,
                        ts::stage<2>>;
