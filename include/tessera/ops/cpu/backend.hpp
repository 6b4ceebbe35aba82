#pragma once
// The backend `cpu`: float kernels of the instruction set of this process, chosen once (isa.hpp). An
// op without a CPU reading runs its reference one. For files that compile kernels.

#include "tessera/ops/cpu/targets.hpp"

#include <type_traits>

#include "tessera/model/compile.hpp"
#include "tessera/ops/reference.hpp"

namespace tessera::inline v0 {

template <class T>
struct kernel_of<cpu, T> {
  static_assert(std::is_same_v<T, float>,
                "tessera::cpu: its kernels are float (use the backend reference for double)");

  template <name Op, op_key Key>
  static kernel_function find() {
    if constexpr (requires { sizeof(cpu_kernels::lowest::kernel<Op>); })
      return TESSERA_CPU_PICK(chosen_isa(), kernel<Op>::template run<Key>);
    else
      return &kernel<Op, reference>::template run<T>;
  }
};

}  // namespace tessera::inline v0
