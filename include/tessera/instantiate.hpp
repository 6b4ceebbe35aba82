#pragma once
// TESSERA_INSTANTIATE(TYPE): compiles here, once, what other files only declare: the kernels of an
// architecture (float, backend cpu) for model<TYPE>, or those of a training step for trainer<TYPE>.
//
//     #include <tessera/instantiate.hpp>
//     #include "models.hpp"
//     TESSERA_INSTANTIATE(my_vit);    // at global scope, once in the file for each type
//     TESSERA_INSTANTIATE(my_step);
//
// Files compiled with TESSERA_DECLARE_ONLY link against it. tessera_instantiate() of CMake writes
// such files. Several of them may be linked together, and one type may stand in several.

#include <cstdint>

#include "tessera/model/make_model.hpp"
#include "tessera/ops/cpu/backend.hpp"
#include "tessera/train/make_trainer.hpp"

#define TESSERA_INSTANTIATE(...) template struct ::tessera::detail::instantiation<__VA_ARGS__>

namespace tessera::inline v0 {

// Here rather than in the macro: one file may hold a class once only, and many types.
template class predictor<float>;
template class step_runner<float>;

namespace detail {

// Explicit instantiation of this emits `make`; what that points to cannot be inlined away.
template <class A, bool IsStep = requires { A::gradient(); }>
struct instantiation {
  static predictor<float> (*const make)(std::uint64_t, thread_pool*);
};
template <class A, bool IsStep>
predictor<float> (*const instantiation<A, IsStep>::make)(std::uint64_t, thread_pool*) =
    &make_model<A, cpu, float>;

template <class Step>
struct instantiation<Step, true> {
  static step_runner<float> (*const make)(std::uint64_t, thread_pool*);
};
template <class Step>
step_runner<float> (*const instantiation<Step, true>::make)(std::uint64_t, thread_pool*) =
    &make_trainer<Step, cpu, float>;

}  // namespace detail
}  // namespace tessera::inline v0
