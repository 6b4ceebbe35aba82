#pragma once
// Machinery of tessera/io/scalar_log.hpp, tessera/io/event_file.hpp and the JSON reader: UTF-8 in
// shortest forms only, no surrogates, up to U+10FFFF (Unicode Standard, table 3-7).

#include <cstddef>
#include <string_view>

namespace tessera::inline v0::detail {

// Bytes of the character at text[at], at < text.size(); 0 if none begins there.
constexpr std::size_t utf8_character(std::string_view text, std::size_t at) {
  const auto within = [text](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && static_cast<unsigned char>(text[i]) >= low &&
           static_cast<unsigned char>(text[i]) <= high;
  };
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  bool valid = lead >= 0xc2 && lead <= 0xf4 &&
               within(at + 1,
                      lead == 0xe0   ? 0xa0
                      : lead == 0xf0 ? 0x90
                                     : 0x80,
                      lead == 0xed   ? 0x9f
                      : lead == 0xf4 ? 0x8f
                                     : 0xbf);
  for (std::size_t k = 2; k < length; ++k) valid = valid && within(at + k, 0x80, 0xbf);
  return valid ? length : 0;
}

// The first byte that belongs to no character; npos when the text is UTF-8.
constexpr std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_character(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace tessera::inline v0::detail
