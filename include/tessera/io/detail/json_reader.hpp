#pragma once
// A strict JSON reader for headers of files from strangers: RFC 8259 and nothing more, UTF-8 checked,
// one pass, memory for one string at a time. Events go to a handler that knows the form it expects
// and throws where the text departs from it; nesting is bounded here by 16 levels.
//
// nlohmann-json did this before: 2.4 s of compile time in every file that loads weights, leniencies
// to guard against (byte-order marks, zero bytes) and messages eight times the size of the input.
//
// A handler has: null(), boolean(bool), number_unsigned(u64), bad_number(text) for every other
// number, string(std::string&), start_object(), key(std::string&), end_object(), start_array(),
// end_array(), and parse_error(byte), which must throw.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tessera/io/detail/utf8.hpp"

namespace tessera::inline v0::detail {

template <class Handler>
class json_reader {
 public:
  json_reader(std::string_view text, Handler& handler) : text_(text), handler_(handler) {}

  // One value from the first byte to the last; white space around it is allowed.
  void read() {
    skip_space();
    begin_value();
    while (depth_ > 0) {
      skip_space();
      const bool object = in_object_[depth_ - 1];
      const char close = object ? '}' : ']';
      if (peek() == close) {
        if (after_comma_) fail();
        ++at_;
        --depth_;
        object ? handler_.end_object() : handler_.end_array();
        fresh_ = false;
        continue;
      }
      if (!fresh_ && !after_comma_) {
        expect(',');
        after_comma_ = true;
        continue;
      }
      fresh_ = after_comma_ = false;
      if (object) {
        if (peek() != '"') fail();
        read_string();
        handler_.key(string_);
        skip_space();
        expect(':');
        skip_space();
      }
      begin_value();
    }
    skip_space();
    if (at_ != text_.size()) fail();
  }

 private:
  static constexpr int max_depth = 16;

  [[noreturn]] void fail() {
    handler_.parse_error(at_);
    __builtin_unreachable();
  }
  // '\0' at the end; a zero byte is no token either.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void expect(char c) {
    if (peek() != c) fail();
    ++at_;
  }
  void skip_space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  void begin_value() {
    const char c = peek();
    if (c == '{' || c == '[') {
      if (depth_ == max_depth) fail();
      c == '{' ? handler_.start_object() : handler_.start_array();
      in_object_[depth_++] = c == '{';
      fresh_ = true;
      ++at_;
    } else if (c == '"') {
      read_string();
      handler_.string(string_);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      read_number();
    } else if (word("true")) {
      handler_.boolean(true);
    } else if (word("false")) {
      handler_.boolean(false);
    } else if (word("null")) {
      handler_.null();
    } else {
      fail();
    }
  }
  bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }

  bool digits() {
    const std::size_t first = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > first;
  }
  void read_number() {
    const std::size_t first = at_;
    bool whole = peek() != '-';
    if (!whole) ++at_;
    const bool zero = peek() == '0';
    const std::size_t begin = at_;
    if (!digits() || (zero && at_ > begin + 1)) fail();
    if (peek() == '.') {
      whole = false;
      ++at_;
      if (!digits()) fail();
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) fail();
    }
    std::uint64_t value = 0;
    for (std::size_t i = begin; whole && i < at_; ++i) {
      const auto digit = static_cast<std::uint64_t>(text_[i] - '0');
      if (value > (UINT64_MAX - digit) / 10) whole = false;
      value = value * 10 + digit;
    }
    whole ? handler_.number_unsigned(value) : handler_.bad_number(text_.substr(first, at_ - first));
  }

  void read_string() {
    string_.clear();
    ++at_;
    for (;;) {
      const auto c = static_cast<unsigned char>(peek());
      if (c < 0x20) fail();  // the end too
      if (c == '"') {
        ++at_;
        return;
      }
      if (c == '\\')
        read_escape();
      else if (c < 0x80)
        string_ += text_[at_++];
      else
        read_utf8();
    }
  }
  void read_utf8() {
    const std::size_t length = utf8_character(text_, at_);
    if (length == 0) fail();
    string_.append(text_.substr(at_, length));
    at_ += length;
  }
  unsigned read_hex() {
    unsigned code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) fail();
      code = code * 16 + static_cast<unsigned>(digit);
    }
    return code;
  }
  void read_escape() {
    ++at_;
    const char c = peek();
    constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t i = names.find(c); c != '\0' && i != std::string_view::npos) {
      string_ += meanings[i];
      ++at_;
      return;
    }
    expect('u');
    unsigned code = read_hex();
    if (code >= 0xDC00 && code < 0xE000) fail();
    if (code >= 0xD800 && code < 0xDC00) {
      expect('\\');
      expect('u');
      const unsigned low = read_hex();
      if (low < 0xDC00 || low > 0xDFFF) fail();
      code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00);
    }
    const auto put = [this](unsigned byte) { string_ += static_cast<char>(byte); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
      put(0xC0 | code >> 6);
    } else {
      if (code < 0x10000) {
        put(0xE0 | code >> 12);
      } else {
        put(0xF0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3F));
      }
      put(0x80 | (code >> 6 & 0x3F));
    }
    put(0x80 | (code & 0x3F));
  }

  std::string_view text_;
  Handler& handler_;
  std::string string_;
  std::size_t at_ = 0;
  bool in_object_[max_depth] = {};
  int depth_ = 0;
  bool fresh_ = false, after_comma_ = false;  // nothing yet in this container; a comma came last
};

}  // namespace tessera::inline v0::detail
