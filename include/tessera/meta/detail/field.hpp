#pragma once
// Machinery of tessera/meta/reflect.hpp: one member of a settings struct without its type, and flags
// read into a list of them. Nothing here is a template over settings, and nothing knows Hana.

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tessera/error.hpp"
#include "tessera/meta/name.hpp"

namespace tessera::inline v0 {

// What is to be said of one member.
struct option {
  std::string_view name, help = {};
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
};
// The options of S, a std::array<option, N>, and the names of the values 0, 1, … of the enum E, a
// std::array<std::string_view, N>: specialised by whoever has such a type.
template <class S>
inline constexpr std::array<option, 0> options_of{};
template <class E>
inline constexpr std::array<std::string_view, 0> choices_of{};

enum class field_kind { boolean, whole, real, choice, text };

// A text from outside, fit for a message: at most 80 bytes, no control characters.
inline std::string shown(std::string_view text) {
  std::string s = "\"" + std::string(text.substr(0, 80)) + (text.size() > 80 ? "...\"" : "\"");
  for (char& c : s)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return s;
}

// How one type of member is read and written. `read` writes nothing if the text does not fit.
struct field_type {
  field_kind kind = field_kind::text;
  std::size_t bytes = 0;
  bool (*read)(void*, std::string_view) = nullptr;
  bool (*write)(const void*, std::string&) = nullptr;  // false: no text says this value
  double (*number)(const void*) = nullptr;
  bool (*equal)(const void*, const void*) = nullptr;
  std::string_view (*choice)(std::size_t) = nullptr;  // empty: there is no such one
  std::string (*limits)() = nullptr;
};

// One member of a settings struct, without its type.
class field {
 public:
  std::string_view name;
  const field_type* type = nullptr;
  void* at = nullptr;
  int count = 1;  // of an array: its elements
  bool array = false;
  option says;

  // "a whole number from 1 to 1000", "one of keep, average".
  std::string expected() const;
  // Element i out of a text, or tessera::error of this operation; then the element may be changed.
  void put(int i, std::string_view text, const std::string& operation) const;
  // All of them, between commas.
  void put_all(std::string_view text, const std::string& operation) const;
  // Element i as a text that put() takes; tessera::error if there is none (NaN, a nameless choice).
  std::string text(int i) const;
  std::string text() const {
    std::string s;
    for (int i = 0; i < count; ++i) s += (i == 0 ? "" : ",") + text(i);
    return s;
  }
  bool equals(const field& other) const {  // the same member of another struct of this type
    bool same = true;
    for (int i = 0; i < count; ++i) same = same && type->equal(place(i), other.place(i));
    return same;
  }

 private:
  void* place(int i) const {
    return static_cast<char*>(at) + static_cast<std::size_t>(i) * type->bytes;
  }
};

// Of a flag, key or name that is not there: the nearest one that is.
inline std::string nearest_field(std::span<const field> fields, std::string_view wanted);
inline const field* find_field(std::span<const field> fields, std::string_view name) {
  for (const field& f : fields)
    if (f.name == name) return &f;
  return nullptr;
}

namespace detail {

inline std::string number_text(double x) {
  if (std::abs(x) < 1e15 && x == std::trunc(x)) return std::to_string(static_cast<long long>(x));
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof(digits), x).ptr};
}

inline name packed(std::string_view text) {  // its first 63 characters
  name n("");
  for (std::size_t i = 0; i < text.size() && i < 63 && text[i] != '\0'; ++i)
    n.put(static_cast<int>(i), text[i]);
  return n;
}

template <class M>
constexpr bool is_option_type = std::is_arithmetic_v<M> || std::is_same_v<M, std::string> ||
                                (std::is_enum_v<M> && choices_of<M>.size() > 0);

template <class M>
bool read_field(void* at, std::string_view text) {
  M& to = *static_cast<M*>(at);
  if constexpr (std::is_same_v<M, bool>) {
    if (text != "true" && text != "false") return false;
    to = text == "true";
  } else if constexpr (std::is_arithmetic_v<M>) {
    M x{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (fault != std::errc{} || end != text.data() + text.size()) return false;
    if constexpr (std::is_floating_point_v<M>)
      if (!std::isfinite(x)) return false;
    to = x;
  } else if constexpr (std::is_enum_v<M>) {
    std::size_t i = 0;
    while (i < choices_of<M>.size() && choices_of<M>[i] != text) ++i;
    if (i == choices_of<M>.size()) return false;
    to = static_cast<M>(i);
  } else {
    to = text;
  }
  return true;
}

template <class M>
bool write_field(const void* at, std::string& text) {
  const M& from = *static_cast<const M*>(at);
  if constexpr (std::is_same_v<M, bool>) {
    text = from ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<M>) {
    char digits[64];
    text.assign(digits, std::to_chars(digits, digits + sizeof(digits), from).ptr);
    if constexpr (std::is_floating_point_v<M>) return std::isfinite(from);
  } else if constexpr (std::is_enum_v<M>) {
    const auto i = static_cast<std::size_t>(from);
    text = i < choices_of<M>.size() ? std::string(choices_of<M>[i]) : "value " + std::to_string(i);
    return i < choices_of<M>.size();
  } else {
    text = from;
  }
  return true;
}

template <class M>
double number_of_field(const void* at) {
  if constexpr (std::is_arithmetic_v<M>)
    return static_cast<double>(*static_cast<const M*>(at));
  else
    return 0;
}

template <class M>
std::string limits_of_field() {
  if constexpr (std::is_integral_v<M> && !std::is_same_v<M, bool>)
    return std::to_string(std::numeric_limits<M>::min()) + " to " +
           std::to_string(std::numeric_limits<M>::max());
  else
    return {};
}

template <class M>
constexpr field_type make_field_type() {
  static_assert(is_option_type<M>,
                "tessera::fields_of(s): a member must be bool, an integer, float, double, "
                "std::string, an enum with choices_of, or an array of these");
  field_type t;
  t.kind = std::is_same_v<M, bool>          ? field_kind::boolean
           : std::is_integral_v<M>          ? field_kind::whole
           : std::is_floating_point_v<M>    ? field_kind::real
           : std::is_enum_v<M>              ? field_kind::choice
                                            : field_kind::text;
  t.bytes = sizeof(M);
  if constexpr (is_option_type<M>) {
    t.read = &read_field<M>;
    t.write = &write_field<M>;
    t.number = &number_of_field<M>;
    t.limits = &limits_of_field<M>;
    t.equal = [](const void* a, const void* b) {
      return *static_cast<const M*>(a) == *static_cast<const M*>(b);
    };
    t.choice = [](std::size_t i) -> std::string_view {
      if constexpr (std::is_enum_v<M>)
        if (i < choices_of<M>.size()) return choices_of<M>[i];
      static_cast<void>(i);
      return {};
    };
  }
  return t;
}
template <class M>
inline constexpr field_type type_of_field = make_field_type<M>();

template <class M>
struct element {
  using type = M;
  static constexpr int count = 1;
};
template <class M, std::size_t N>
struct element<M[N]> {
  static_assert(!std::is_same_v<M, std::string>,
                "tessera::fields_of(s): an array must hold numbers, bools or choices");
  using type = M;
  static constexpr int count = static_cast<int>(N);
};
template <class M, std::size_t N>
struct element<std::array<M, N>> : element<M[N]> {};

inline std::string flag_list(std::span<const field> fields) {
  std::string s;
  for (const field& f : fields) s += (s.empty() ? "--" : ", --") + std::string(f.name);
  return s;
}

inline void read_flags(std::span<const field> fields, std::span<const std::string_view> given) {
  std::vector<bool> seen(fields.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string_view flag = given[i];
    if (flag.size() < 3 || !flag.starts_with("--"))
      throw error("flags", "--name or --name=value (" + flag_list(fields) + ")", shown(flag));
    const std::size_t equals = flag.find('=');
    std::string wanted(flag.substr(2, equals == flag.npos ? equals : equals - 2));
    for (char& c : wanted)
      if (c == '-') c = '_';
    const field* f = find_field(fields, wanted);
    if (f == nullptr)
      throw error("flags", "one of " + flag_list(fields),
                  shown(flag.substr(0, equals)) + " (nearest: --" + nearest_field(fields, wanted) +
                      ")");
    const std::string operation = "flags: --" + wanted;
    const auto number = static_cast<std::size_t>(f - fields.data());
    if (seen[number]) throw error(operation, "this flag once", "twice");
    seen[number] = true;
    if (equals != flag.npos)
      f->put_all(flag.substr(equals + 1), operation);
    else if (f->type->kind == field_kind::boolean && !f->array)
      f->put(0, "true", operation);
    else if (i + 1 < given.size() && !given[i + 1].starts_with("--"))
      f->put_all(given[++i], operation);
    else
      throw error(operation, f->expected(), "no value");
  }
}

}  // namespace detail

inline std::string nearest_field(std::span<const field> fields, std::string_view wanted) {
  std::string_view best;
  int least = 1 << 20;
  for (const field& f : fields)
    if (const int d = distance(detail::packed(wanted), detail::packed(f.name)); d < least)
      least = d, best = f.name;
  return std::string(best);
}

inline std::string field::expected() const {
  std::string s;
  const double infinity = std::numeric_limits<double>::infinity();
  switch (type->kind) {
    case field_kind::boolean: s = "true or false"; break;
    case field_kind::text: s = "a text"; break;
    case field_kind::choice:
      for (std::size_t i = 0; !type->choice(i).empty(); ++i)
        s += (i == 0 ? "one of " : ", ") + std::string(type->choice(i));
      break;
    default:
      s = type->kind == field_kind::whole ? "a whole number" : "a finite number";
      if (says.least > -infinity && says.most < infinity)
        s += " from " + detail::number_text(says.least) + " to " + detail::number_text(says.most);
      else if (says.least > -infinity)
        s += " from " + detail::number_text(says.least);
      else if (says.most < infinity)
        s += " up to " + detail::number_text(says.most);
      else if (const std::string all = type->limits(); !all.empty())
        s += " from " + all;
  }
  return array ? std::to_string(count) + " times " + s : s;
}

inline void field::put(int i, std::string_view text, const std::string& operation) const {
  bool fits = type->read(place(i), text);
  if (type->kind == field_kind::whole || type->kind == field_kind::real) {
    const double x = type->number(place(i));
    fits = fits && x >= says.least && x <= says.most;
  }
  if (!fits) throw error(operation, expected(), shown(text));
}

inline void field::put_all(std::string_view text, const std::string& operation) const {
  if (!array) return put(0, text, operation);
  std::size_t begin = 0;
  for (int i = 0; i < count; ++i) {
    const std::size_t end = i + 1 == count ? text.size() : text.find(',', begin);
    if (end == text.npos) throw error(operation, expected() + ", between commas", shown(text));
    put(i, text.substr(begin, end - begin), operation);
    begin = end + 1;
  }
}

inline std::string field::text(int i) const {
  std::string s;
  if (!type->write(place(i), s)) throw error("settings: " + std::string(name), expected(), s);
  return s;
}

}  // namespace tessera::inline v0
