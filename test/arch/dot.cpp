#include "tessera/arch/dot.hpp"

#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "tessera/arch/early_exit.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;

namespace {

using small = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>, ts::depth<2>,
                      ts::classes<3>>;
using exits = ts::early_exit<small, ts::exit_at<1, ts::exit_head::linear>>;
using step = ts::train<ts::tower<"student", exits>, ts::tower<"teacher", small, ts::frozen>,
                       ts::adamw, ts::term<ts::weight<1>, ts::distill::logits<"teacher">>>;

template <class A>
std::string dot() {
  std::ostringstream out;
  ts::to_dot<A>(out);
  return out.str();
}

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != text.npos;
}

}  // namespace

TEST_CASE("quotes and backslashes of a label are escaped, line ends are spelled") {
  CHECK(ts::detail::dot_quoted("a\"b\\c\nd") == "\"a\\\"b\\\\c\\nd\"");
}

TEST_CASE("every end of an edge is declared and every brace is closed") {
  for (const std::string& text : {dot<exits>(), dot<step>()}) {
    std::set<std::string> declared, used;
    int open = 0;
    std::istringstream lines(text);
    for (std::string s; std::getline(lines, s);) {
      std::istringstream words(s);
      std::string first, second, third;
      words >> first >> second >> third;
      if (second == "->")
        used.insert({first, third});
      else if (second.rfind("[", 0) == 0)
        declared.insert(first);
      open += (s.find('{') != s.npos) - (s.find('}') != s.npos);
      CHECK(open >= 0);
    }

    CHECK(open == 0);
    CHECK(used.size() > 20);
    for (const std::string& id : used) CHECK(declared.count(id) == 1);
  }
}

TEST_CASE("modules are clusters, a module of one node is a node, taps and exits are marked") {
  const std::string text = dot<exits>();

  CHECK(holds(text, "label=\"blocks.1\";"));
  CHECK(holds(text, "label=\"patch_embed.proj\";"));
  CHECK(holds(text, "[label=\"qkv\\nlinear\\n816 parameters\"]"));
  CHECK(holds(text, "[label=\"add\\ntap blocks.0\\ntap exits.0.block\", penwidth=2]"));
  CHECK(holds(text, "[shape=doubleoctagon, label=\"exits.0\"]"));
  CHECK(holds(text, "[shape=doubleoctagon, label=\"output\"]"));
  CHECK(holds(text, "in0 -> n0 [label=\"B x 3 x 8 x 8\"]"));
}

TEST_CASE("an edge through a stop-gradient is dashed, gradients lie in a cluster of their own") {
  const std::string text = dot<step>();

  CHECK(holds(text, "[label=\"B x 3\", style=dashed]"));
  CHECK(holds(text, "label=\"gradient\";"));
  CHECK(!holds(dot<exits>(), "style=dashed"));
}
