#pragma once
// Plain settings structs by reflection (Boost.Hana): to command-line flags and back, and a table of
// help; zoo/settings_json.hpp makes JSON of the same fields.
//
//     struct run { int epochs = 15; double lr = 1e-3; bool mirror = false; };
//     BOOST_HANA_ADAPT_STRUCT(run, epochs, lr, mirror);      // outside of namespaces
//     template <>                                            // help and bounds; may be left out
//     inline constexpr auto tessera::options_of<run> = std::to_array<tessera::option>(
//         {{"epochs", "passes over the data", 1, 1e6}, {"lr", "highest learning rate", 0}});
//
//     run s;
//     ts::from_flags(s, argc, argv);    // --epochs=20 --lr 3e-4 --mirror
//     ts::to_flags(s);                  // {"--epochs=20", "--lr=0.0003", "--mirror=true"}
//
// Members: bool, integers, float, double, std::string, enums with choices_of, arrays of these but
// text; at most 39 of them. Texts of numbers are the shortest that read back as the same bits. What
// does not fit is a tessera::error, and the settings are as before. No header of a model includes this.
//
// template <> inline constexpr auto tessera::choices_of<E> = std::to_array<std::string_view>({…}) names
// the values 0, 1, … of an enum. A member's texts, limits and place: class field (detail/field.hpp).

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/hana/accessors.hpp>
#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/core/to.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/unpack.hpp>

#include "tessera/meta/detail/field.hpp"

namespace tessera::inline v0 {

template <class S>
concept reflected = boost::hana::Struct<S>::value;

// The members of s, in the order in which they were adapted; they point into s.
template <reflected S>
std::vector<field> fields_of(S& s);

// "--epochs=20" for every member.
template <reflected S>
std::vector<std::string> to_flags(const S& s);

// --name=value, --name value (not one that begins with "--"), --name alone for a bool; "-" in a
// name is "_"; each flag at most once. argv[0] is the program.
template <reflected S>
void from_flags(S& s, int argc, const char* const* argv);
template <reflected S>
void from_flags(S& s, std::span<const std::string> flags);

// A line for each flag: the value in s, its help, its range.
template <reflected S>
std::string help_text(const S& s);

namespace detail {

template <class S, class M>
void add_field(std::vector<field>& fields, const char* name, M& m) {
  using of = element<std::remove_const_t<M>>;
  field f;
  f.name = name;
  f.type = &type_of_field<typename of::type>;
  f.at = const_cast<std::remove_const_t<M>*>(&m);  // written through only where S is not const
  f.count = of::count;
  f.array = !std::is_same_v<typename of::type, std::remove_const_t<M>>;
  for (const option& o : options_of<std::remove_const_t<S>>)
    if (o.name == f.name) f.says = o;
  fields.push_back(f);
}

// Whether each option names a member.
template <class S>
constexpr bool options_fit() {
  return boost::hana::unpack(boost::hana::accessors<S>(), [](auto... member) {
    bool all = true;
    for (const option& o : options_of<S>)
      all = all && (false || ... ||
                    (o.name == boost::hana::to<const char*>(boost::hana::first(member))));
    return all;
  });
}

template <class S>
std::vector<field> collect_fields(S& s) {
  static_assert(options_fit<std::remove_const_t<S>>(),
                "tessera::options_of<S>: each option must name a member that S was adapted with");
  std::vector<field> fields;
  boost::hana::unpack(boost::hana::accessors<std::remove_const_t<S>>(), [&](const auto&... member) {
    (add_field<S>(fields, boost::hana::to<const char*>(boost::hana::first(member)),
                  boost::hana::second(member)(s)),
     ...);
  });
  return fields;
}

}  // namespace detail

template <reflected S>
std::vector<field> fields_of(S& s) {
  return detail::collect_fields(s);
}

template <reflected S>
std::vector<std::string> to_flags(const S& s) {
  std::vector<std::string> flags;
  for (const field& f : fields_of(s)) flags.push_back("--" + std::string(f.name) + "=" + f.text());
  return flags;
}

template <reflected S>
void from_flags(S& s, int argc, const char* const* argv) {
  std::vector<std::string_view> given;
  for (int i = 1; i < argc && argv[i] != nullptr; ++i) given.emplace_back(argv[i]);
  S fresh = s;
  detail::read_flags(fields_of(fresh), given);
  s = std::move(fresh);
}

template <reflected S>
void from_flags(S& s, std::span<const std::string> flags) {
  const std::vector<std::string_view> given(flags.begin(), flags.end());
  S fresh = s;
  detail::read_flags(fields_of(fresh), given);
  s = std::move(fresh);
}

template <reflected S>
std::string help_text(const S& s) {
  std::vector<std::string> flags = to_flags(s);
  std::size_t widest = 0;
  for (const std::string& f : flags) widest = f.size() > widest ? f.size() : widest;
  std::string table;
  const std::vector<field> fields = fields_of(s);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    flags[i].resize(widest + 2, ' ');
    table += "  " + flags[i] + std::string(fields[i].says.help) +
             (fields[i].says.help.empty() ? "" : ": ") + fields[i].expected() + "\n";
  }
  return table;
}

}  // namespace tessera::inline v0
