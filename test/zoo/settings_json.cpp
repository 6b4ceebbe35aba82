#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "tessera/zoo/describe.hpp"
#include "tessera/zoo/run_settings.hpp"
#include "tessera/zoo/settings_json.hpp"
#include "tessera/zoo/swin.hpp"
#include "tessera/zoo/vit.hpp"

namespace ts = tessera;

namespace settings_json_test {

struct run {
  int epochs = 15;
  double lr = 1e-3;
  bool mirror = false;
  std::uint64_t seed = 1;
  std::string title = "first";
  ts::state_rule state = ts::state_rule::keep;
  float mean[2] = {0.5f, 0.25f};
};

}  // namespace settings_json_test
BOOST_HANA_ADAPT_STRUCT(settings_json_test::run, epochs, lr, mirror, seed, title, state, mean);
template <>
inline constexpr auto tessera::options_of<settings_json_test::run> =
    std::to_array<tessera::option>({{"epochs", "", 1, 1000}});
using settings_json_test::run;

namespace {

// What from_json says of this text; the settings must then be as before.
std::string refusal(const std::string& text) {
  run s;
  s.epochs = 7;
  const std::string before = ts::to_json(s);
  try {
    ts::from_json(s, text);
  } catch (const ts::error& e) {
    return ts::to_json(s) == before ? e.what() : "the settings have changed";
  }
  return "";
}

}  // namespace

TEST_CASE("JSON that settings print reads back as the same settings") {
  run s;
  s.epochs = 1000, s.lr = 0.1 + 0.2, s.mirror = true, s.seed = UINT64_MAX;
  s.title = "\"\\\n\x01 caf\xc3\xa9", s.state = ts::state_rule::average, s.mean[1] = -1e-45f;
  run again;

  ts::from_json(again, ts::to_json(s));

  CHECK(ts::to_json(s) ==
        "{\"epochs\": 1000, \"lr\": 0.30000000000000004, \"mirror\": true, \"seed\": "
        "18446744073709551615, \"title\": \"\\\"\\\\\\u000a\\u0001 caf\xc3\xa9\", \"state\": "
        "\"average\", \"mean\": [0.5, -1e-45]}");
  CHECK(ts::to_json(again) == ts::to_json(s));
  CHECK(again.title == s.title);
  CHECK(again.lr == s.lr);
}

TEST_CASE("keys that are not there keep their values, and short JSON leaves the usual ones out") {
  run s;
  ts::from_json(s, " {\"lr\" : 2e-3,\n\"epochs\":3} ");
  CHECK(s.lr == 2e-3);
  CHECK(s.title == "first");
  CHECK(ts::to_short_json(s) == "{\"epochs\": 3, \"lr\": 0.002}");

  ts::from_json(s, "{}");
  CHECK(s.epochs == 3);
  CHECK(ts::to_short_json(run{}) == "{}");
}

TEST_CASE("keys that are not there to be set, and keys twice, are refused") {
  CHECK(refusal("{\"epoch\": 3}") ==
        "settings.from_json: expected one of the keys epochs, lr, mirror, seed, title, state, "
        "mean, found \"epoch\" (nearest: epochs)");
  CHECK(refusal("{\"\": 3}").find("found \"\" (nearest: ") != std::string::npos);
  CHECK(refusal("{\"lr\": 1, \"lr\": 1}") ==
        "settings.from_json: lr: expected this key once, found twice");
}

TEST_CASE("values of another type are refused") {
  const std::string whole =
      "settings.from_json: epochs: expected a whole number from 1 to 1000, found ";
  CHECK(refusal("{\"epochs\": true}") == whole + "a boolean");
  CHECK(refusal("{\"epochs\": null}") == whole + "null");
  CHECK(refusal("{\"epochs\": \"3\"}") == whole + "the text \"3\"");
  CHECK(refusal("{\"epochs\": [3]}") == whole + "an array");
  CHECK(refusal("{\"epochs\": {}}") == whole + "an object");
  CHECK(refusal("{\"epochs\": 3.0}") == whole + "\"3.0\"");
  CHECK(refusal("{\"mirror\": 1}") ==
        "settings.from_json: mirror: expected true or false, found the number 1");
  CHECK(refusal("{\"title\": 5}") ==
        "settings.from_json: title: expected a text, found the number 5");
  CHECK(refusal("{\"state\": \"drop\"}") ==
        "settings.from_json: state: expected one of keep, average, found \"drop\"");
  CHECK(refusal("{\"state\": 1}").ends_with("found the number 1"));
  for (const std::string text : {"3", "\"epochs\"", "null", "true", "[]", "[{}]"})
    CHECK(refusal(text).starts_with("settings.from_json: expected an object, found "));
}

TEST_CASE("numbers out of range are refused") {
  CHECK(refusal("{\"epochs\": 0}").ends_with("found \"0\""));
  CHECK(refusal("{\"epochs\": -4}").ends_with("found \"-4\""));
  CHECK(refusal("{\"epochs\": 4294967311}").ends_with("found \"4294967311\""));
  CHECK(refusal("{\"lr\": 1e999}") ==
        "settings.from_json: lr: expected a finite number, found \"1e999\"");
  CHECK(refusal("{\"seed\": -1}").ends_with("found \"-1\""));
  CHECK(refusal("{\"seed\": 18446744073709551616}").ends_with("found \"18446744073709551616\""));
  CHECK(refusal("{\"mean\": [0, 1e39]}") ==
        "settings.from_json: mean: expected 2 times a finite number, found \"1e39\"");
}

TEST_CASE("arrays have exactly their number of values, all of them numbers") {
  const std::string two = "settings.from_json: mean: expected 2 times a finite number, found ";
  CHECK(refusal("{\"mean\": [1]}") == two + "1 values");
  CHECK(refusal("{\"mean\": []}") == two + "0 values");
  CHECK(refusal("{\"mean\": [1, 2, 3]}") == two + "more values");
  CHECK(refusal("{\"mean\": [1, [2]]}") == two + "an array");
  CHECK(refusal("{\"mean\": [1, \"2\"]}") == two + "the text \"2\"");
  CHECK(refusal("{\"mean\": 1}") == two + "the number 1");
}

TEST_CASE("what is not JSON is refused where it goes wrong") {
  const std::string json =
      "settings.from_json: expected JSON (RFC 8259, UTF-8), found an error at byte ";
  CHECK(refusal("") == json + "0");
  CHECK(refusal("{\"lr\": NaN}") == json + "7");
  CHECK(refusal("{\"lr\": 1,}") == json + "9");
  CHECK(refusal("{\"lr\": 01}").starts_with(json));
  CHECK(refusal("{\"lr\": 1} x") == json + "10");
  CHECK(refusal("{\"lr\": 1").starts_with(json));
  CHECK(refusal("{'lr': 1}") == json + "1");
  CHECK(refusal("{\"title\": \"\xff\"}").starts_with(json));
  CHECK(refusal(std::string("{\"lr\": 1}\0", 10)).starts_with(json));
  CHECK(refusal(std::string(100, '[')).size() < 200);
}

TEST_CASE("a number that is not finite is not written") {
  run s;
  s.lr = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(ts::to_json(s), "settings: lr: expected a finite number, found inf",
                       ts::error);
}

TEST_CASE("an architecture's words are told as JSON and read back") {
  const std::string said = ts::zoo::settings_json<ts::zoo::vit_cifar10_patch4_32>();
  CHECK(said ==
        "{\"image_height\": 32, \"image_width\": 32, \"patch\": 4, \"width\": 64, \"depth\": 4, "
        "\"classes\": 10, \"heads\": 4}");

  const std::string swin = ts::zoo::settings_json<ts::zoo::swin_tiny_patch4_window7_224>();
  CHECK(swin.find("\"attention\": \"shifted_window\", \"window\": 7") != std::string::npos);
  CHECK(swin.find("\"positions\": \"none\", \"pool\": \"normed_average\", \"head\": \"fc\"") !=
        std::string::npos);
  ts::vit_settings again;
  ts::from_json(again, swin);
  CHECK(ts::to_short_json(again) == swin);
  CHECK(again.eps == ts::zoo::swin_tiny_patch4_window7_224::settings().eps);
}

TEST_CASE("every settings struct of a run keeps its defaults through flags and JSON") {
  const auto law = []<class S>(S changed) {
    S by_flags, by_json;
    ts::from_flags(by_flags, ts::to_flags(changed));
    ts::from_json(by_json, ts::to_json(changed));
    CHECK(ts::to_json(by_flags) == ts::to_json(changed));
    CHECK(ts::to_json(by_json) == ts::to_json(changed));
    CHECK(ts::to_short_json(S{}) == "{}");
  };
  ts::training_settings training;
  training.beta2 = 0.95;
  ts::federation_settings federation;
  federation.alpha = 0.1;
  ts::aggregation_rules rules;
  rules.state = ts::state_rule::average;
  law(training);
  law(federation);
  law(rules);
  law(ts::serving_settings{});
  law(ts::progress_settings{});
}

TEST_CASE("settings of a run speak the library's own functions") {
  ts::training_settings s;
  s.lr = 2, s.warmup = 0.25, s.least_lr = 0.5;
  CHECK(s.rate(1, 8) == doctest::Approx(1));
  CHECK(s.rate(2, 8) == doctest::Approx(2));
  CHECK(s.rate(5, 8) == doctest::Approx(1.25));
  CHECK(s.rate(8, 8) == doctest::Approx(0.5));

  ts::federation_settings f;
  f.clients = 3, f.groups = 2, f.min_samples = 1;
  CHECK(f.groups_of_clients() == std::vector<int>{0, 1, 0});
  const std::vector<int> labels(30, 0);
  CHECK(f.split(labels).size() == 3);
}
