#pragma once
// Machinery of tessera/io/scalar_log.hpp and tessera/io/event_file.hpp: whether a text is UTF-8.

#include <cstddef>
#include <string_view>

namespace tessera::inline v0::detail {

// The first byte that belongs to no character; npos when the text is UTF-8: shortest forms only, no
// surrogates, up to U+10FFFF (Unicode Standard, table 3-7).
constexpr std::size_t find_invalid_utf8(std::string_view text) {
  const auto within = [text](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && static_cast<unsigned char>(text[i]) >= low &&
           static_cast<unsigned char>(text[i]) <= high;
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    bool valid = lead >= 0xc2 && lead <= 0xf4 &&
                 within(i + 1,
                        lead == 0xe0   ? 0xa0
                        : lead == 0xf0 ? 0x90
                                       : 0x80,
                        lead == 0xed   ? 0x9f
                        : lead == 0xf4 ? 0x8f
                                       : 0xbf);
    for (std::size_t k = 2; k < length; ++k) valid = valid && within(i + k, 0x80, 0xbf);
    if (!valid) return i;
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace tessera::inline v0::detail
