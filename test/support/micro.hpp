#pragma once
// The small architectures that golden files and laws share.

#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/early_exit.hpp"
#include "tessera/arch/mae.hpp"
#include "tessera/arch/vit.hpp"

namespace micro {

namespace ts = tessera;

using vit = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                    ts::classes<10>>;
using vit_odd = ts::vit<ts::image<30, 20>, ts::patch<5>, ts::width<36>, ts::heads<4>, ts::depth<1>,
                        ts::classes<7>>;
using mae =
    ts::mae<vit, ts::decoder<ts::width<24>, ts::depth<1>, ts::heads<2>>, ts::mask::given<3, 4>>;
using mix_stages = ts::stages<ts::mix_stage<1, ts::patch<7, ts::stride<4>, ts::padding<3>>,
                                            ts::width<8>, ts::heads<1>, ts::reduction<2>>,
                              ts::mix_stage<2, ts::patch<3, ts::stride<2>, ts::padding<1>>,
                                            ts::width<12>, ts::heads<2>, ts::reduction<1>>>;
// Logits of 8 x 8 cells.
using segformer = ts::vit<ts::image<32>, ts::head::all_mlp<8>, ts::classes<5>, mix_stages>;
using vit_tiny_16 = ts::vit<ts::image<224>, ts::patch<16>, ts::width<192>, ts::heads<3>,
                            ts::depth<12>, ts::classes<1000>>;

}  // namespace micro
