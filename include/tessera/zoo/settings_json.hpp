#pragma once
// Settings structs (meta/reflect.hpp) as JSON objects, and back.
//
//     ts::to_json(s)            {"epochs": 20, "lr": 0.0003, "mirror": true}
//     ts::from_json(s, text)    keys that are not there keep their values
//
// Reading is strict: unknown keys, a key twice, null, another type, numbers out of range, nesting
// and anything that RFC 8259 does not allow are a tessera::error, and s is as before.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/io/safetensors.hpp"  // whose strict JSON reader this is
#include "tessera/meta/reflect.hpp"

namespace tessera::inline v0 {

namespace detail {

// Receives the events of the JSON reader and fills fields.
class settings_events {
 public:
  explicit settings_events(std::span<const field> fields)
      : fields_(fields), seen_(fields.size()) {}

  void null() { misfit("null"); }
  void boolean(bool b) { value(field_kind::boolean, b ? "true" : "false", "a boolean"); }
  void number_unsigned(std::uint64_t v) { bad_number(std::to_string(v)); }
  void bad_number(std::string_view text) {  // every other number that JSON knows
    const bool real = inside_ && at_->type->kind == field_kind::real;
    value(real ? field_kind::real : field_kind::whole, text,
          "the number " + std::string(text.substr(0, 40)));
  }
  void string(std::string& text) {
    const bool choice = inside_ && at_->type->kind == field_kind::choice;
    value(choice ? field_kind::choice : field_kind::text, text, "the text " + shown(text));
  }
  void start_object() {
    if (inside_) misfit("an object");
    inside_ = true;
  }
  void end_object() {}
  void key(std::string& text) {
    at_ = find_field(fields_, text);
    if (at_ == nullptr) {
      std::string known;
      for (const field& f : fields_) known += (known.empty() ? "" : ", ") + std::string(f.name);
      throw error("settings.from_json", "one of the keys " + known,
                  shown(text) + " (nearest: " + nearest_field(fields_, text) + ")");
    }
    const auto number = static_cast<std::size_t>(at_ - fields_.data());
    if (seen_[number]) throw error(operation(), "this key once", "twice");
    seen_[number] = true;
  }
  void start_array() {
    if (!inside_ || !at_->array || index_ >= 0) misfit("an array");
    index_ = 0;
  }
  void end_array() {
    if (index_ != at_->count) misfit(std::to_string(index_) + " values");
    index_ = -1;
  }
  [[noreturn]] void parse_error(std::size_t byte) const {
    throw error("settings.from_json", "JSON (RFC 8259, UTF-8)",
                "an error at byte " + std::to_string(byte));
  }

 private:
  std::string operation() const {
    return "settings.from_json" + (at_ == nullptr ? "" : ": " + std::string(at_->name));
  }
  [[noreturn]] void misfit(const std::string& found) const {
    throw error(operation(), at_ == nullptr ? "an object" : at_->expected(), found);
  }
  void value(field_kind kind, std::string_view text, const std::string& found) {
    if (!inside_ || at_->type->kind != kind || at_->array != (index_ >= 0)) misfit(found);
    if (at_->array && index_ == at_->count) misfit("more values");
    at_->put(at_->array ? index_++ : 0, text, operation());
  }

  std::span<const field> fields_;
  std::vector<bool> seen_;
  const field* at_ = nullptr;
  bool inside_ = false;  // of the object; then a key has come before every value
  int index_ = -1;       // next element of an array, -1: not in one
};

inline std::string field_json(const field& f, int i) {
  std::string text;
  if (f.type->kind == field_kind::text || f.type->kind == field_kind::choice)
    append_json_text(text, f.text(i));
  else
    text = f.text(i);
  return text;
}

// Of the fields that differ from `usual`, or of all where that is empty.
inline std::string fields_json(std::span<const field> fields, std::span<const field> usual) {
  std::string s;
  for (std::size_t k = 0; k < fields.size(); ++k) {
    const field& f = fields[k];
    if (!usual.empty() && f.equals(usual[k])) continue;
    s += (s.empty() ? "" : ", ");
    append_json_text(s, f.name);
    s += f.array ? ": [" : ": ";
    for (int i = 0; i < f.count; ++i) s += (i == 0 ? "" : ", ") + field_json(f, i);
    if (f.array) s += ']';
  }
  return "{" + s + "}";
}

}  // namespace detail

// Throws tessera::error for a number that is not finite.
template <reflected S>
std::string to_json(const S& s) {
  return detail::fields_json(fields_of(s), {});
}

// Only the members that are not as in S{}.
template <reflected S>
std::string to_short_json(const S& s) {
  const S usual{};
  return detail::fields_json(fields_of(s), fields_of(usual));
}

template <reflected S>
void from_json(S& s, std::string_view text) {
  S fresh = s;
  const std::vector<field> fields = fields_of(fresh);
  detail::settings_events events(fields);
  detail::json_reader(text, events).read();
  s = std::move(fresh);
}

}  // namespace tessera::inline v0
