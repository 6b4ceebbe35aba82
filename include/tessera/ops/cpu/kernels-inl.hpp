// All CPU kernels of one instruction set. No include guard: targets.hpp reads this file once per
// set. The files below stand in the namespace of the set and include nothing themselves.
namespace tessera::inline v0 {
namespace cpu_kernels {
namespace TESSERA_CPU_SET TESSERA_CPU_AS_BUILT {

#include "tessera/ops/cpu/simd-inl.hpp"

#include "tessera/ops/cpu/math-inl.hpp"

#include "tessera/ops/cpu/parallel-inl.hpp"

#include "tessera/ops/cpu/gemm-inl.hpp"

#include "tessera/ops/cpu/peak-inl.hpp"

#include "tessera/ops/cpu/kernel-inl.hpp"

#include "tessera/ops/cpu/elementwise-inl.hpp"

#include "tessera/ops/cpu/layer_norm-inl.hpp"

#include "tessera/ops/cpu/linear-inl.hpp"

#include "tessera/ops/cpu/attention-inl.hpp"

#include "tessera/ops/cpu/rows-inl.hpp"

#include "tessera/ops/cpu/patches-inl.hpp"

#include "tessera/ops/cpu/grid-inl.hpp"

#include "tessera/ops/cpu/update-inl.hpp"

}  // namespace TESSERA_CPU_SET TESSERA_CPU_AS_BUILT
}  // namespace cpu_kernels
}  // namespace tessera::inline v0
