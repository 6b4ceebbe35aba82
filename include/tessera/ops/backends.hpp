#pragma once
// Backends are types.

namespace tessera::inline v0 {

struct reference {};  // loops, generic in the scalar, on one thread: the judge of the others
struct cpu {};        // vectorised kernels for float, chosen at run time by instruction set

}  // namespace tessera::inline v0
