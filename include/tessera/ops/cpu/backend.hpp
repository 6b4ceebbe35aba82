#pragma once
// The backend `cpu`: float kernels on the instruction set of this process, chosen once (isa.hpp).
// An op without a CPU reading runs its reference one. For files that compile kernels.

#include <type_traits>

#include "tessera/model/compile.hpp"
#include "tessera/ops/cpu/kernels.hpp"
#include "tessera/ops/reference.hpp"

namespace tessera::inline v0 {

namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <name Op, op_key Key>
void run(const arguments& a) {
  kernel<Op>::template run<Key>(a, chosen_isa());
}

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT

template <class T>
struct kernel_of<cpu, T> {
  static_assert(std::is_same_v<T, float>,
                "tessera::cpu: its kernels are float (use the backend reference for double)");

  template <name Op>
  static constexpr bool has = requires { sizeof(cpu_kernels::kernel<Op>); } ||
                              requires { sizeof(kernel<Op, reference>); };
  template <name Op, op_key Key>
  static kernel_function find() {
    if constexpr (requires { sizeof(cpu_kernels::kernel<Op>); })
      return &cpu_kernels::run<Op, Key>;
    else
      return &kernel<Op, reference>::template run<T>;
  }
};

}  // namespace tessera::inline v0
