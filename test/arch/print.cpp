#include "tessera/arch/print.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "tessera/arch/early_exit.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;

namespace {
struct fusing {};  // a backend that joins what it can
struct plain {};   // and one that joins nothing
}  // namespace

template <>
constexpr ts::fusion_table ts::fusions_of<fusing>() {
  return {ts::cpu_fusions, 2};
}

namespace {

template <int Depth>
using small = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>,
                      ts::depth<Depth>, ts::classes<3>>;
using exits = ts::early_exit<small<3>, ts::exit_at<1, ts::exit_head::linear>,
                             ts::exit_at<2, ts::exit_head::local_perception<3>>>;
using step =
    ts::train<small<2>, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;

// The line that begins with `start`, its runs of spaces as one.
std::string line(const std::string& table, const std::string& start) {
  std::istringstream lines(table);
  for (std::string s; std::getline(lines, s);) {
    if (s.rfind(start, 0) != 0) continue;
    std::istringstream words(s);
    std::string joined;
    for (std::string w; words >> w;) joined += (joined.empty() ? "" : " ") + w;
    return joined;
  }
  return {};
}

int occurrences(const std::string& text, const std::string& what) {
  int n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

}  // namespace

TEST_CASE("digits are grouped by three from the right") {
  CHECK(ts::detail::grouped_digits(0) == "0");
  CHECK(ts::detail::grouped_digits(999) == "999");
  CHECK(ts::detail::grouped_digits(1000) == "1,000");
  CHECK(ts::detail::grouped_digits(86567656) == "86,567,656");
  CHECK(ts::detail::grouped_digits(-123) == "-123");
  CHECK(ts::detail::grouped_digits(-123456) == "-123,456");
}

TEST_CASE("an extent is written with its power of the batch") {
  CHECK(ts::detail::extent_text({1, 1, 2, {197, 768}}) == "B x 197 x 768");
  CHECK(ts::detail::extent_text({2, 1, 1, {3}}) == "2 B x 3");
  CHECK(ts::detail::extent_text({1, 2, 0, {}}) == "B x B");
  CHECK(ts::detail::extent_text({1, 0, 1, {16}}) == "16");
  CHECK(ts::detail::extent_text({1, 0, 0, {}}) == "1");
}

TEST_CASE("the rows of a small transformer are those worked by hand") {
  const std::string table = ts::table_text<small<1>, plain>();

  CHECK(line(table, "blocks.0.attn.qkv") == "blocks.0.attn.qkv linear B x 5 x 48 816 3,840 960");
  CHECK(line(table, "blocks.0.attn ") == "blocks.0.attn attention B x 5 x 16 - 800 320");
  CHECK(line(table, "head") == "head linear B x 3 51 48 12");
}

TEST_CASE("the last row holds the counts of the compiler") {
  const std::string total = line(ts::table_text<exits, plain>(), "total");

  const std::string parameters = ts::detail::grouped_digits(ts::parameters<exits>);
  const std::string macs = ts::detail::grouped_digits(ts::macs<exits>);
  CHECK(total.find(" nodes " + parameters + " " + macs + " ") != std::string::npos);
}

TEST_CASE("equal blocks are one entry and different ones are not") {
  const std::string twelve = ts::table_text<small<12>, plain>();
  const std::string one = ts::table_text<small<1>, plain>();

  CHECK(line(twelve, "blocks.0") == "blocks.0 ... blocks.11, 12 times, each:");
  CHECK(occurrences(twelve, "\n") == occurrences(one, "\n") + 1);
  CHECK(occurrences(one, "times") == 0);
  CHECK(occurrences(ts::table_text<exits, plain>(), "exits.1.conv1") == 1);
}

TEST_CASE("a parameter that two nodes read counts once") {
  ts::graph g;
  const ts::value_id x = g.add_input("x", {1, 1, 2, {2, 4}});
  const ts::value_id w = g.add_parameter("w", {4, 4}, ts::initialiser::zeros);
  ts::emit<"linear">(g, {ts::emit<"linear">(g, {x, w, ts::absent}), w, ts::absent});

  CHECK(line(ts::table_text(g), "total") == "total 2 nodes 16 64 64");
}

TEST_CASE("a step shows its gradients and its update") {
  const std::string table = ts::table_text<step>();

  CHECK(line(table, "blocks.1 ... blocks.0") == "blocks.1 ... blocks.0, 2 times, each:");
  CHECK(occurrences(table, "attention_gradient") == 1);
  CHECK(line(table, "optimizer") == "optimizer adamw all weights - - -");
}

TEST_CASE("columns are aligned") {
  std::istringstream lines(ts::table_text<small<1>, plain>());
  std::string s;
  std::getline(lines, s);
  const std::size_t length = s.size();
  while (std::getline(lines, s)) CHECK(s.size() == length);

  std::istringstream fused(ts::table_text<small<1>, fusing>());
  std::getline(fused, s);
  const std::size_t last = s.find("fused into");
  while (std::getline(fused, s) && s.rfind("total", 0) != 0) {
    CHECK(s.find(' ', last) == std::string::npos);
    CHECK(s[last - 1] == ' ');
    CHECK(s[last] != ' ');
  }
}

TEST_CASE("both nodes that a backend joins say into what, the others do not") {
  const std::string table = ts::table_text<small<1>, fusing>();

  CHECK(table.substr(0, table.find('\n')).find("bytes  fused into") != std::string::npos);
  CHECK(line(table, "blocks.0.mlp.fc1") ==
        "blocks.0.mlp.fc1 linear B x 5 x 64 1,088 5,120 1,280 linear_gelu");
  CHECK(line(table, "blocks.0.mlp ") == "blocks.0.mlp gelu B x 5 x 64 - - 1,280 linear_gelu");
  CHECK(line(table, "head") == "head linear B x 3 51 48 12 -");
  CHECK(line(ts::table_text<small<12>, fusing>(), "blocks.0") ==
        "blocks.0 ... blocks.11, 12 times, each:");
}

TEST_CASE("where nothing is joined there is no column for it") {
  CHECK(occurrences(ts::table_text<small<1>, plain>(), "fused into") == 0);
  CHECK(occurrences(ts::table_text<step, fusing>(), "fused into") == 0);
}

TEST_CASE("print writes the table to a stream") {
  std::ostringstream out;
  ts::print<small<1>>(out);
  CHECK(out.str() == ts::table_text<small<1>>());
}
