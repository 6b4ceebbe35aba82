#pragma once
// The kinds of things in a graph, in one place: they reach file formats, kernels and policies.

#include <cstdint>

namespace tessera::inline v0 {

// What a value means; a precision policy maps roles to formats. `dual` numbers replace real and
// statistic.
enum class role : std::uint8_t {
  real,       // activations, weights, gradients
  statistic,  // means, reciprocal deviations, log-sums: as wide as accumulation
  index,      // std::int32_t: labels, token orders, counts
  mask,       // std::uint8_t: 1 = removed
};

enum class storage : std::uint8_t {
  activation,  // in the arena of a workspace
  input,       // in the caller's memory, bound per run
  parameter,   // in the flat buffer of weights
  gradient,    // in the flat buffer of gradients, accumulated
  optimizer,   // a flat buffer of optimizer state, as long as the weights
};

enum class slice_kind : std::uint8_t {
  weight,  // trained, saved, averaged, sent
  frozen,  // saved; not trained, not sent (fixed positions, a teacher)
  state,   // written by forward passes (running statistics), saved; policies decide the rest
};

enum class initialiser : std::uint8_t {
  zeros,
  ones,
  constant,          // a
  normal,            // N(0, a^2)
  truncated_normal,  // N(0, a^2), cut at +-2 absolute (timm's trunc_normal_)
  xavier_uniform,    // U(-b, b), b = sqrt(6 / (in + out)), of the tensor read as (out, rest)
  fan_in_uniform,    // U(-b, b), b = 1 / sqrt(a): a convolution's default, a = its fan-in
  sin_cos,           // 2-D sin-cos positions of a grid a columns wide, after rows % a zero rows
  average,           // (N, N, k, k): a where output and input channel are one, else 0
};

}  // namespace tessera::inline v0
