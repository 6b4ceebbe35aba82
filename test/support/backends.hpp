#pragma once
// The backends that laws and golden values run on. A backend joins here and in no test: as a
// precision (a backend, a scalar, how close it comes to PyTorch in double) and among the fast ones,
// whose gradients are compared with the reference's.

#include "tessera/ops/cpu/backend.hpp"
#include "tessera/ops/reference.hpp"

#include <tuple>

namespace support {

template <class Backend, class Scalar>
struct precision {
  using backend = Backend;
  using scalar = Scalar;
  static constexpr bool is_double = sizeof(Scalar) == 8;
  static constexpr double tolerance = is_double ? 1e-12 : 1e-5;  // of the largest element
};

using precisions =
    std::tuple<precision<tessera::reference, double>, precision<tessera::cpu, float>>;
using float_precisions = std::tuple<precision<tessera::cpu, float>>;
using fast_backends = std::tuple<tessera::cpu>;

}  // namespace support
