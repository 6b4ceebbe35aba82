#pragma once
// The types of this program: an architecture and a training step by name; another architecture is
// spelled out where it is instantiated.
#include <tessera/tessera.hpp>

namespace ts = tessera;

using small = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>, ts::depth<2>,
                      ts::classes<5>>;
using small_step =
    ts::train<small, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;
