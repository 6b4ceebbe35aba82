#pragma once
#include <tessera/tessera.hpp>

namespace ts = tessera;

using small = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>, ts::depth<1>,
                      ts::classes<5>>;
