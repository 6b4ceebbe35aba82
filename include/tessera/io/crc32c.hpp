#pragma once
// CRC-32C (Castagnoli), the checksum of TFRecord files, iSCSI and ext4. Reflected, polynomial
// 0x1EDC6F41 (0x82F63B78 with its bits reversed), start and end inverted: one byte b maps
//     c -> (c >> 8) ^ table[(c ^ b) & 255]
// Source: RFC 3720, appendix B.4 (with the values that crc32c("...") must give).

#include "tessera/config.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tessera::inline v0 {

// Of `bytes`; with `before` = crc32c(a) it is the checksum of a followed by `bytes`.
constexpr std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);
constexpr std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

// As TFRecord stores it: turned right by 15 bits plus a constant. A checksum of data that holds
// checksums of its own would otherwise be weak.
constexpr std::uint32_t masked_crc32c(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

namespace detail {

// table[b] = b through eight steps of the polynomial division.
inline constexpr auto crc32c_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t c = b;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1u) != 0 ? 0x82f63b78u : 0u);
    table[b] = c;
  }
  return table;
}();

template <class Bytes>
constexpr std::uint32_t crc32c_of(Bytes bytes, std::uint32_t before) {
  std::uint32_t c = ~before;
  for (const auto b : bytes)
    c = (c >> 8) ^ crc32c_table[(c ^ static_cast<unsigned char>(b)) & 255u];
  return ~c;
}

}  // namespace detail

constexpr std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
  return detail::crc32c_of(bytes, before);
}

constexpr std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
  return detail::crc32c_of(bytes, before);
}

}  // namespace tessera::inline v0
