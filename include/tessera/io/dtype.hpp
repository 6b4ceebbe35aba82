#pragma once
// The element types of tensor files, their widths in bytes, and the 2-byte floats decoded.
// Every type is stored little-endian. Types below one byte are not among them.

#include "tessera/config.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace tessera::inline v0 {

// Ordered by width.
enum class dtype : std::uint8_t {
  // clang-format off
  boolean, u8, i8, f8_e5m2, f8_e4m3,
  u16, i16, f16, bf16,
  u32, i32, f32,
  u64, i64, f64,
  // clang-format on
};

namespace detail {

inline constexpr std::string_view dtype_names[] = {"BOOL", "U8",  "I8",  "F8_E5M2", "F8_E4M3",
                                                   "U16",  "I16", "F16", "BF16",    "U32",
                                                   "I32",  "F32", "U64", "I64",     "F64"};

}  // namespace detail

// Bytes per element.
constexpr std::size_t dtype_width(dtype t) {
  return t < dtype::u16 ? 1 : t < dtype::u32 ? 2 : t < dtype::u64 ? 4 : 8;
}

// As safetensors files spell it.
constexpr std::string_view dtype_name(dtype t) {
  return detail::dtype_names[static_cast<std::size_t>(t)];
}

// The type that a file calls `text`; nothing for a name that is not known.
constexpr std::optional<dtype> to_dtype(std::string_view text) {
  for (std::size_t i = 0; i < std::size(detail::dtype_names); ++i)
    if (detail::dtype_names[i] == text) return static_cast<dtype>(i);
  return std::nullopt;
}

// binary16 (1 sign, 5 exponent, 10 fraction bits) to float: exact, subnormals, infinities and NaN
// included (IEEE 754-2008, 3.6).
constexpr float decode_f16(std::uint16_t h) {
  const std::uint32_t sign = (h & 0x8000u) << 16;
  const std::uint32_t exponent = (h >> 10) & 31u, fraction = h & 1023u;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent > 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign != 0 ? -magnitude : magnitude;
}

// bfloat16 is the upper half of a float.
constexpr float decode_bf16(std::uint16_t h) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(h) << 16);
}

}  // namespace tessera::inline v0
