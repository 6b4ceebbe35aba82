#pragma once
// Definitions behind model<A, Backend, T>: from here on a file compiles kernels.

#include "tessera/model/compile.hpp"
#include "tessera/model/model.hpp"
#include "tessera/model/predictor_impl.hpp"

namespace tessera::inline v0 {

template <class A, class Backend, class T>
predictor<T> make_model(std::uint64_t seed, thread_pool* pool) {
  std::vector<std::string> results{"output"};
  if constexpr (requires { A::results(); }) results = A::results();
  return make_predictor<T>(compile<inference<A>, Backend, T>(results), seed, pool);
}

}  // namespace tessera::inline v0
