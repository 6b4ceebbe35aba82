#include "tessera/io/crc32c.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tessera;

namespace {

// Bit by bit, without a table.
std::uint32_t slow(std::string_view bytes) {
  std::uint32_t c = 0xffffffffu;
  for (const char b : bytes) {
    c ^= static_cast<unsigned char>(b);
    for (int bit = 0; bit < 8; ++bit) c = (c & 1u) != 0 ? (c >> 1) ^ 0x82f63b78u : c >> 1;
  }
  return ~c;
}

}  // namespace

TEST_CASE("checksums are those of RFC 3720, as constants too") {
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending += static_cast<char>(i);

  static_assert(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  CHECK(crc32c(ascending) == 0x46dd794eu);
  CHECK(crc32c("") == 0);
}

TEST_CASE("bytes and text have one checksum") {
  constexpr std::array<std::byte, 3> bytes{std::byte{0x31}, std::byte{0xff}, std::byte{0x00}};

  static_assert(crc32c(bytes) == crc32c(std::string_view("1\xff\0", 3)));
  CHECK(crc32c(std::vector<std::byte>(bytes.begin(), bytes.end())) == crc32c(bytes));
}

TEST_CASE("a checksum goes on from any place of a text to that of the whole") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 37);
  const std::uint32_t whole = crc32c(text);

  REQUIRE(whole == slow(text));
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const auto [first, second] = std::pair(text.substr(0, at), text.substr(at));
    REQUIRE(crc32c(second, crc32c(first)) == whole);
  }
}

TEST_CASE("the masked form is the checksum turned by 15 bits plus a constant, modulo 2^32") {
  static_assert(masked_crc32c(0) == 0xa282ead8u);
  static_assert(masked_crc32c(crc32c("a")) == 0x28e46e78u);          // of 0xc1d04330
  static_assert(masked_crc32c(crc32c("123456789")) == 0xc78ab0e5u);  // of 0xe3069283
  CHECK(masked_crc32c(1u << 15) == 0xa282ead9u);
}
