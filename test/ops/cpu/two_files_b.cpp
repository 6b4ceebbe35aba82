// Compiled with -mavx2 and more on x86-64 (test/CMakeLists.txt), so on an older processor nothing
// but b_is_for_avx2 may be called.
#include "tessera/ops/cpu/targets.hpp"
#include "ops/cpu/two_files.hpp"

namespace two_files {

function exp_of_b(tessera::isa set) { return TESSERA_CPU_PICK(set, map_exp); }

bool b_is_for_avx2() {
#ifdef __AVX2__
  return true;
#else
  return false;
#endif
}

}  // namespace two_files
