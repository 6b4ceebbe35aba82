// All CPU kernels of one target; targets.hpp includes this file once per target.
#if defined(TESSERA_CPU_KERNELS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CPU_KERNELS_INL
#undef TESSERA_CPU_KERNELS_INL
#else
#define TESSERA_CPU_KERNELS_INL
#endif

#include <hwy/highway.h>

#include "tessera/ops/cpu/attention-inl.hpp"
#include "tessera/ops/cpu/elementwise-inl.hpp"
#include "tessera/ops/cpu/gemm-inl.hpp"
#include "tessera/ops/cpu/grid-inl.hpp"
#include "tessera/ops/cpu/kernel-inl.hpp"
#include "tessera/ops/cpu/layer_norm-inl.hpp"
#include "tessera/ops/cpu/linear-inl.hpp"
#include "tessera/ops/cpu/math-inl.hpp"
#include "tessera/ops/cpu/patches-inl.hpp"
#include "tessera/ops/cpu/peak-inl.hpp"
#include "tessera/ops/cpu/rows-inl.hpp"
#include "tessera/ops/cpu/update-inl.hpp"

#endif  // TESSERA_CPU_KERNELS_INL
