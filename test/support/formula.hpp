#pragma once
// Weights and inputs of the golden tests, made from a name instead of a file; the twin of `fill` in
// test/golden/make_golden.py, equal to it bit for bit. For element i (row-major) of tensor `name`:
//   z = splitmix64_finalise(fnv1a64(name) + i * 0x9E3779B97F4A7C15)       all modulo 2^64
//   m = (z >> 40) - 2^23                                                  24 bits, signed
//   value = float32(centre + amplitude * m / 2^23)
// `rule` gives centre and amplitude. Amplitudes are powers of two, so the double before rounding is
// exact; float32 rounds (to nearest even) only where the centre is 1.
// Sources: FNV-1a (Fowler, Noll, Vo); SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tessera/error.hpp"

namespace golden {

constexpr std::uint64_t fnv1a64(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return h;
}

// Element i of the stream that starts at fnv1a64(name), in [0, 2^24).
constexpr std::int32_t top24(std::uint64_t start, std::uint64_t i) {
  std::uint64_t z = start + i * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z = z ^ (z >> 31);
  return static_cast<std::int32_t>(z >> 40);
}

struct range {  // values lie in [centre - amplitude, centre + amplitude)
  double centre, amplitude;
};

// First match wins; `name` is judged by its end. K is the fan-in, the product of shape[1..].
//   noise                                 centre 1/2, amplitude 1/2
//   logits                                amplitude 4
//   bias                                  amplitude 1/16
//   _token, pos_embed, running_mean       amplitude 1/4
//   running_var, weight of one dimension  centre 1, amplitude 1/4
//   weight                                amplitude 2^(1 - floor(bit_width(K) / 2)), about
//   2/sqrt(K) anything else (images, upstream)      amplitude 1
constexpr range rule(std::string_view name, std::span<const int> shape) {
  const auto ends = [name](std::string_view tail) { return name.ends_with(tail); };
  if (ends("noise")) return {0.5, 0.5};
  if (ends("logits")) return {0, 4};
  if (ends("bias")) return {0, 0.0625};
  if (ends("_token") || ends("pos_embed") || ends("running_mean")) return {0, 0.25};
  if (ends("running_var") || (ends("weight") && shape.size() == 1)) return {1, 0.25};
  if (ends("weight") && shape.size() > 1) {
    std::uint64_t fan_in = 1;
    for (const int extent : shape.subspan(1)) fan_in *= static_cast<std::uint64_t>(extent);
    return {0, 2.0 / static_cast<double>(std::uint64_t{1} << (std::bit_width(fan_in) / 2))};
  }
  return {0, 1};
}

// Fills `out`, whose size is the product of `shape`, else tessera::error. T is made from a float,
// so float and double hold the same numbers.
template <class T>
void golden_fill(std::string_view name, std::span<const int> shape, std::span<T> out) {
  std::size_t count = 1;
  for (const int extent : shape) count *= extent > 0 ? static_cast<std::size_t>(extent) : 0;
  if (count != out.size()) {
    throw tessera::error("golden_fill: " + std::string(name), std::to_string(count) + " elements",
                         std::to_string(out.size()));
  }
  const std::uint64_t start = fnv1a64(name);
  const auto [centre, amplitude] = rule(name, shape);
  for (std::size_t i = 0; i < count; ++i) {
    const double unit = (top24(start, i) - 8388608) / 8388608.0;
    out[i] = static_cast<T>(static_cast<float>(centre + amplitude * unit));
  }
}

// Class indices in [0, classes): the same stream modulo the number of classes.
template <class T>
void golden_labels(std::string_view name, int classes, std::span<T> out) {
  if (classes < 1) {
    throw tessera::error("golden_labels: " + std::string(name), "at least one class",
                         std::to_string(classes));
  }
  const std::uint64_t start = fnv1a64(name);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<T>(top24(start, i) % classes);
  }
}

}  // namespace golden
