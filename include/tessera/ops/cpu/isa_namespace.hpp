// No include guard: read again for every target, after <hwy/highway.h>. Names the namespace of the
// kernels of the current target, tessera::cpu_kernels::TESSERA_CPU_NAMESPACE.
//
// Files of one program may be compiled with different -m options. A target that a file was told to
// assume (its static target under -mavx2, say) may hold instructions beyond that target, so its
// kernels take other symbols than those compiled for run-time dispatch.

#undef TESSERA_CPU_NAMESPACE
#if HWY_TARGET == HWY_STATIC_TARGET && defined(__SSE3__)
#define TESSERA_CPU_NAMESPACE HWY_NAMESPACE::inline as_built
#else
#define TESSERA_CPU_NAMESPACE HWY_NAMESPACE
#endif
