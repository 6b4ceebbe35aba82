// The innermost loops of the CPU kernels for one instruction set. No include guard: targets.hpp
// reads this file once per set. The files below stand in the namespace of the set, include nothing
// themselves and instantiate nothing that lies outside it.
namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {
namespace TESSERA_CPU_SET {

#include "tessera/ops/cpu/simd-inl.hpp"

#include "tessera/ops/cpu/math-inl.hpp"

#include "tessera/ops/cpu/zip-inl.hpp"

#include "tessera/ops/cpu/gemm-inl.hpp"

#include "tessera/ops/cpu/peak-inl.hpp"

#include "tessera/ops/cpu/elementwise-inl.hpp"

#include "tessera/ops/cpu/dropout-inl.hpp"

#include "tessera/ops/cpu/layer_norm-inl.hpp"

#include "tessera/ops/cpu/attention-inl.hpp"

#include "tessera/ops/cpu/softmax-inl.hpp"

#include "tessera/ops/cpu/patches-inl.hpp"

#include "tessera/ops/cpu/losses-inl.hpp"

#include "tessera/ops/cpu/relations-inl.hpp"

#include "tessera/ops/cpu/batch_norm-inl.hpp"

#include "tessera/ops/cpu/grid-inl.hpp"

#include "tessera/ops/cpu/resample-inl.hpp"

#include "tessera/ops/cpu/update-inl.hpp"

#include "tessera/ops/cpu/channels-inl.hpp"

#include "tessera/ops/cpu/cells-inl.hpp"

#include "tessera/ops/cpu/window_attention-inl.hpp"

}  // namespace TESSERA_CPU_SET
}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
