#include "tessera/io/dtype.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

using namespace tessera;

TEST_CASE("every element type is found again by its name, and no other name is one") {
  for (int i = 0; i < 15; ++i)
    CHECK(to_dtype(dtype_name(static_cast<dtype>(i))) == static_cast<dtype>(i));

  for (const char* text : {"", "F4", "I4", "f32", "F32 ", "F8", "C64"}) CHECK_FALSE(to_dtype(text));
}

TEST_CASE("element widths are those of the number in the name") {
  CHECK(dtype_width(dtype::boolean) == 1);
  CHECK(dtype_width(dtype::f8_e4m3) == 1);
  CHECK(dtype_width(dtype::u16) == 2);
  CHECK(dtype_width(dtype::bf16) == 2);
  CHECK(dtype_width(dtype::f32) == 4);
  CHECK(dtype_width(dtype::u64) == 8);
  CHECK(dtype_width(dtype::f64) == 8);
}

TEST_CASE("every finite binary16 decodes to sign * 2^(e - 25) * significand") {
  for (unsigned h = 0; h < 0x10000u; ++h) {
    const unsigned exponent = (h >> 10) & 31u, fraction = h & 1023u;
    if (exponent == 31) continue;
    const double magnitude = exponent == 0
                                 ? std::ldexp(fraction, -24)
                                 : std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
    const float value = decode_f16(static_cast<std::uint16_t>(h));
    REQUIRE(value == (h >= 0x8000u ? -magnitude : magnitude));
    REQUIRE(std::signbit(value) == (h >= 0x8000u));
  }
}

TEST_CASE("infinities and NaN survive the decoding of 2-byte floats") {
  constexpr float infinity = std::numeric_limits<float>::infinity();

  CHECK(decode_f16(0x7c00) == infinity);
  CHECK(decode_f16(0xfc00) == -infinity);
  CHECK(std::isnan(decode_f16(0x7e01)));
  CHECK(decode_bf16(0xff80) == -infinity);
  CHECK(std::isnan(decode_bf16(0x7fc0)));
  CHECK(decode_bf16(0x3f80) == 1.0f);
  CHECK(decode_bf16(0x0001) == std::bit_cast<float>(0x00010000u));
}
