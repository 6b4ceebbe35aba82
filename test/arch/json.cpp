#include "tessera/arch/json.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tessera/arch/early_exit.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/io/detail/json_reader.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;

namespace {

using small = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>, ts::depth<2>,
                      ts::classes<3>>;
using exits = ts::early_exit<small, ts::exit_at<1, ts::exit_head::local_perception<3>>>;
using step = ts::train<ts::tower<"student", exits>, ts::tower<"teacher", small, ts::frozen>,
                       ts::adamw, ts::term<ts::weight<1, 3>, ts::distill::logits<"teacher">>>;

// Every leaf of a document by its path: "nodes.3.op" -> "linear".
struct leaves {
  std::map<std::string, std::string> at;
  struct level {
    std::string name;
    int items;  // -1: an object
  };
  std::vector<level> open;

  std::string next() {
    if (!open.empty() && open.back().items >= 0)
      open.back().name = std::to_string(open.back().items++);
    std::string path;
    for (const level& l : open) path += (path.empty() ? "" : ".") + l.name;
    return path;
  }
  void leaf(const std::string& x) { at[next()] = x; }
  void null() { leaf("null"); }
  void boolean(bool x) { leaf(x ? "true" : "false"); }
  void number_unsigned(std::uint64_t x) { leaf(std::to_string(x)); }
  void bad_number(std::string_view x) { leaf(std::string(x)); }
  void string(std::string& x) { leaf(x); }
  void start_object() { next(), open.push_back({"", -1}); }
  void key(std::string& x) { open.back().name = x; }
  void end_object() { open.pop_back(); }
  void start_array() { next(), open.push_back({"", 0}); }
  void end_array() { open.pop_back(); }
  [[noreturn]] void parse_error(std::size_t byte) {
    throw std::runtime_error("no JSON from byte " + std::to_string(byte));
  }
};

std::map<std::string, std::string> read(const std::string& text) {
  leaves found;
  ts::detail::json_reader<leaves> reader(text, found);
  reader.read();
  return found.at;
}

template <class A>
std::map<std::string, std::string> read() {
  std::ostringstream out;
  ts::to_json<A>(out);
  return read(out.str());
}

}  // namespace

TEST_CASE("a small graph is the document worked by hand") {
  ts::graph g;
  const ts::value_id x = g.add_input("x", {1, 1, 2, {2, 4}});
  const ts::value_id w = g.add_parameter("w", {3, 4}, ts::initialiser::zeros);
  g.add_tap("y", ts::emit<"linear">(g, {x, w, ts::absent}));

  CHECK(ts::json_text(g) ==
        "{\n\"inputs\": [\n"
        "  {\"id\": \"in0\", \"name\": \"x\", \"shape\": {\"text\": \"B x 2 x 4\", \"copies\": 1, "
        "\"batch_power\": 1, \"dims\": [2, 4]}}],\n"
        "\"parameters\": [\n"
        "  {\"id\": \"p0\", \"name\": \"w\", \"shape\": [3, 4], \"kind\": \"weight\", "
        "\"decay\": true}],\n"
        "\"settings\": [],\n"
        "\"nodes\": [\n"
        "  {\"id\": \"n0\", \"name\": \"\", \"op\": \"linear\", "
        "\"attributes\": [0, 0, 0, 0, 0, 0], \"settings\": null, \"reads\": [\"p0\"], "
        "\"outputs\": [{\"shape\": {\"text\": \"B x 2 x 3\", \"copies\": 1, \"batch_power\": 1, "
        "\"dims\": [2, 3]}, \"role\": \"real\", \"in\": \"activation\"}], "
        "\"parameters\": 12, \"macs\": 24, \"bytes\": 24}],\n"
        "\"edges\": [\n"
        "  {\"from\": \"in0\", \"output\": 0, \"to\": \"n0\", \"operand\": 0, \"shape\": "
        "{\"text\": \"B x 2 x 4\", \"copies\": 1, \"batch_power\": 1, \"dims\": [2, 4]}, "
        "\"stopped\": false}],\n"
        "\"taps\": [\n"
        "  {\"name\": \"y\", \"from\": \"n0\", \"output\": 0}],\n"
        "\"totals\": {\"nodes\": 1, \"parameters\": 12, \"macs\": 24, \"bytes\": 24}}\n");
}

TEST_CASE("quotes, backslashes and control characters are escaped") {
  CHECK(ts::detail::json_quoted("a\"b\\c\n\x01") == "\"a\\\"b\\\\c\\u000a\\u0001\"");
}

TEST_CASE("a strict reader reads an architecture, its totals are those of the compiler") {
  auto at = read<exits>();

  CHECK(at["totals.parameters"] == std::to_string(ts::parameters<exits>));
  CHECK(at["totals.macs"] == std::to_string(ts::macs<exits>));
  CHECK(at["nodes.4.name"] == "blocks.0.norm1");
  CHECK(at["settings.0.name"] == "blocks.0.norm1.eps");
  CHECK(at["settings.0.value"] == "1e-06");
  CHECK(at["nodes.4.settings"] == "s0");
  CHECK(at["taps.0.name"] == "blocks.0");
}

TEST_CASE("the sums over the nodes are the totals, and every edge and tap leads to a node") {
  auto at = read<step>();
  std::set<std::string> ids;
  std::uint64_t parameters = 0, macs = 0, edges = 0;
  for (const auto& [path, x] : at) {
    const std::string leaf = path.substr(path.rfind('.') + 1);
    if (leaf == "id") ids.insert(x);
    if (path.rfind("nodes.", 0) == 0 && leaf == "parameters") parameters += std::stoull(x);
    if (path.rfind("nodes.", 0) == 0 && leaf == "macs") macs += std::stoull(x);
  }
  for (const auto& [path, x] : at) {
    const std::string leaf = path.substr(path.rfind('.') + 1);
    if (leaf != "from" && leaf != "to") continue;
    CHECK(ids.count(x) == 1);
    ++edges;
  }

  CHECK(std::to_string(parameters) == at["totals.parameters"]);
  CHECK(std::to_string(macs) == at["totals.macs"]);
  CHECK(edges > 100);
}

TEST_CASE("kinds of parameters, running statistics and stopped edges are named") {
  const auto at = read<step>();
  std::set<std::string> kinds, stopped;
  for (const auto& [path, x] : at) {
    if (path.rfind("parameters.", 0) == 0 && path.ends_with(".kind")) kinds.insert(x);
    if (path.ends_with(".stopped")) stopped.insert(x);
  }

  CHECK(kinds == std::set<std::string>{"frozen", "state", "weight"});
  CHECK(stopped == std::set<std::string>{"false", "true"});
}
