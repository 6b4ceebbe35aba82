#pragma once
// What test/ops/cpu/two_files_{a,b}.cpp, compiled for different instruction sets, offer each other.

#include <cstdint>

#include "tessera/ops/cpu/isa.hpp"

namespace two_files {

using function = void (*)(const float* x, float* y, std::size_t n);

// exp of the given set, as file b was compiled.
function exp_of_b(tessera::isa set);

}  // namespace two_files
