#pragma once
// Machinery of tessera/io/safetensors.hpp and tessera/io/scalar_log.hpp: texts as JSON has them.

#include <string>
#include <string_view>

namespace tessera::inline v0::detail {

// Appends a text of UTF-8 in quotes, with quotes, backslashes and control characters escaped.
inline void append_json_text(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace tessera::inline v0::detail
