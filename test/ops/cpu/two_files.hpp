#pragma once
// What test/ops/cpu/two_files_{a,b}.cpp, compiled for different instruction sets, offer each other.

#include <cstddef>

#include "tessera/ops/cpu/isa.hpp"

namespace two_files {

using function = void (*)(const float* x, float* y, std::size_t n);

// exp of the given set, as file b was compiled.
function exp_of_b(tessera::isa set);
// Whether file b was compiled for AVX2, as test/CMakeLists.txt asks and a sanitizer's build does not.
bool b_is_for_avx2();

}  // namespace two_files
