#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tessera/meta/reflect.hpp"

namespace ts = tessera;

namespace reflect_test {

enum class colour { red, green };

struct run {
  int epochs = 15;
  double lr = 1e-3;
  float share = 0.1f;
  bool mirror = false;
  std::uint64_t seed = 1;
  std::int8_t small = -3;
  std::string title = "first";
  colour paint = colour::red;
  double mean[2] = {0.5, 0.25};
  std::array<int, 3> sizes{1, 2, 3};

  friend bool operator==(const run& a, const run& b) {
    return a.epochs == b.epochs && a.lr == b.lr && a.share == b.share && a.mirror == b.mirror &&
           a.seed == b.seed && a.small == b.small && a.title == b.title && a.paint == b.paint &&
           a.mean[0] == b.mean[0] && a.mean[1] == b.mean[1] && a.sizes == b.sizes;
  }
};

}  // namespace reflect_test

BOOST_HANA_ADAPT_STRUCT(reflect_test::run, epochs, lr, share, mirror, seed, small, title, paint,
                        mean, sizes);
template <>
inline constexpr auto tessera::choices_of<reflect_test::colour> =
    std::to_array<std::string_view>({"red", "green"});
template <>
inline constexpr auto tessera::options_of<reflect_test::run> = std::to_array<tessera::option>(
    {{"epochs", "passes over the data", 1, 1000}, {"lr", "highest learning rate", 0}});

namespace reflect_test {

// What from_flags says of these flags; the settings must then be as before.
std::string refusal(const std::vector<std::string>& flags) {
  run s;
  s.epochs = 7;
  const run before = s;
  try {
    ts::from_flags(s, flags);
  } catch (const ts::error& e) {
    return s == before ? e.what() : "the settings have changed";
  }
  return "";
}
constexpr const char* all_flags =
    "--epochs, --lr, --share, --mirror, --seed, --small, --title, --paint, --mean, --sizes";

}  // namespace reflect_test

using reflect_test::refusal;
using reflect_test::run;

TEST_CASE("flags that settings print read back as the same settings") {
  run s;
  s.epochs = 999, s.lr = 0.1 + 0.2, s.share = 1e-45f, s.mirror = true, s.seed = UINT64_MAX;
  s.small = -128, s.title = "a=b, --c \"d\"", s.paint = reflect_test::colour::green;
  s.mean[0] = -0.0, s.mean[1] = 5e-324, s.sizes = {-7, 0, 2147483647};
  run again;

  ts::from_flags(again, ts::to_flags(s));

  CHECK(again == s);
  CHECK(ts::to_flags(s)[0] == "--epochs=999");
  CHECK(ts::to_flags(s)[4] == "--seed=18446744073709551615");
  CHECK(ts::to_flags(s)[7] == "--paint=green");
  CHECK(ts::to_flags(s)[9] == "--sizes=-7,0,2147483647");
}

TEST_CASE("a value stands behind = or in the next argument, and a bool alone is true") {
  const char* const arguments[] = {"program", "--epochs", "20",        "--lr=3e-4", "--mirror",
                                   "--small", "-5",       "--title=-", nullptr};
  run s;

  ts::from_flags(s, 8, arguments);

  CHECK(s.epochs == 20);
  CHECK(s.lr == 3e-4);
  CHECK(s.mirror);
  CHECK(s.small == -5);
  CHECK(s.title == "-");
  CHECK(s.share == 0.1f);
}

TEST_CASE("dashes in a flag are underscores, and no arguments change nothing") {
  struct {
    int count = 0;
    const char* const* values = nullptr;
  } none;
  run s;
  ts::from_flags(s, none.count, none.values);
  CHECK(s == run{});

  ts::from_flags(s, std::vector<std::string>{"--mirror=false", "--title="});
  CHECK_FALSE(s.mirror);
  CHECK(s.title.empty());
}

TEST_CASE("a flag that is not there is refused with the nearest one and all that are") {
  CHECK(refusal({"--epoch=3"}) == std::string("flags: expected one of ") + reflect_test::all_flags +
                                      ", found \"--epoch\" (nearest: --epochs)");
  CHECK(refusal({"--mir-ror"}).ends_with("found \"--mir-ror\" (nearest: --mirror)"));
  CHECK(refusal({"20"}) == std::string("flags: expected --name or --name=value (") +
                               reflect_test::all_flags + "), found \"20\"");
  CHECK(refusal({"--"}).ends_with("found \"--\""));
  CHECK(refusal({""}).ends_with("found \"\""));
  CHECK(refusal({"--=3"}).find("found \"--\" (nearest: ") != std::string::npos);
  CHECK(refusal({"--" + std::string(100'000, 'x')}).size() < 400);
  CHECK(refusal({"--bell\a\n"}).find("\"--bell??\"") != std::string::npos);
}

TEST_CASE("a value of another type or out of range is refused with what is allowed") {
  const std::string whole = "flags: --epochs: expected a whole number from 1 to 1000, found ";
  for (const std::string bad : {"", "0", "1001", "-1", "1.5", "1e2", "0x10", " 3", "3 ", "+3",
                                "nan", "99999999999999999999", "three"})
    CHECK(refusal({"--epochs=" + bad}) == whole + "\"" + bad + "\"");
  const std::string real = "flags: --lr: expected a finite number from 0, found ";
  for (const std::string bad :
       {"nan", "-nan", "inf", "-inf", "infinity", "1e999", "-0.1", "0,1", ""})
    CHECK(refusal({"--lr=" + bad}) == real + "\"" + bad + "\"");
  CHECK(refusal({"--share=1e39"}) == "flags: --share: expected a finite number, found \"1e39\"");
  CHECK(refusal({"--small=128"}) ==
        "flags: --small: expected a whole number from -128 to 127, found \"128\"");
  CHECK(refusal({"--seed=-1"}) ==
        "flags: --seed: expected a whole number from 0 to 18446744073709551615, found \"-1\"");
  CHECK(refusal({"--seed=18446744073709551616"}).ends_with("found \"18446744073709551616\""));
  CHECK(refusal({"--mirror=yes"}) == "flags: --mirror: expected true or false, found \"yes\"");
  CHECK(refusal({"--paint=blue"}) == "flags: --paint: expected one of red, green, found \"blue\"");
  CHECK(refusal({"--epochs"}) == whole + "no value");
  CHECK(refusal({"--epochs", "--mirror"}).ends_with("found no value"));
}

TEST_CASE("an array takes exactly its number of values") {
  run s;
  ts::from_flags(s, std::vector<std::string>{"--mean=1,-2.5", "--sizes", "4,5,6"});
  CHECK(s.mean[1] == -2.5);
  CHECK(s.sizes[2] == 6);

  CHECK(refusal({"--mean=1"}) ==
        "flags: --mean: expected 2 times a finite number, between commas, found \"1\"");
  CHECK(refusal({"--mean=1,2,3"}) ==
        "flags: --mean: expected 2 times a finite number, found \"2,3\"");
  CHECK(refusal({"--mean=1,nan"}).ends_with("found \"nan\""));
  CHECK(refusal({"--mean=,"}).ends_with("found \"\""));
}

TEST_CASE("a flag twice is refused, and one wrong flag keeps all others from counting") {
  CHECK(refusal({"--mirror", "--mirror"}) ==
        "flags: --mirror: expected this flag once, found twice");
  CHECK(refusal({"--epochs=3", "--lr=x"}).starts_with("flags: --lr: "));
}

TEST_CASE("settings that no text can say are refused when they are written") {
  run s;
  s.lr = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(ts::to_flags(s), "settings: lr: expected a finite number from 0, found nan",
                       ts::error);
  s.lr = 0;
  s.paint = static_cast<reflect_test::colour>(7);
  CHECK_THROWS_WITH_AS(ts::to_flags(s),
                       "settings: paint: expected one of red, green, found value 7", ts::error);
}

TEST_CASE("help has a line for each flag: its value, what it is, its range") {
  const std::string help = ts::help_text(run{});

  CHECK(help.starts_with(
      "  --epochs=15      passes over the data: a whole number from 1 to 1000\n"));
  CHECK(help.find("\n  --mirror=false   true or false\n") != std::string::npos);
  CHECK(help.find("\n  --mean=0.5,0.25  2 times a finite number\n") != std::string::npos);
}

TEST_CASE("the nearest flag is by edit distance, whatever the length of what was asked") {
  run s;
  const auto fields = ts::fields_of(s);

  CHECK(ts::nearest_field(fields, "seeds") == "seed");
  CHECK(ts::nearest_field(fields, "epoc") == "epochs");
  CHECK(ts::nearest_field(fields, std::string(5000, 'z')) != "");
}
