// Compiled with -mavx2 -mfma and more where the compiler has them: see test/CMakeLists.txt.
#include "tessera/ops/cpu/targets.hpp"
#include "ops/cpu/two_files.hpp"

namespace two_files {

function exp_of_b(tessera::isa set) { return TESSERA_CPU_PICK(set, map_exp); }

}  // namespace two_files
