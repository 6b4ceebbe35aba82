#include "tessera/arch/svg.hpp"

#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "tessera/arch/early_exit.hpp"
#include "tessera/arch/mae.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;

namespace {

using small = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>, ts::depth<6>,
                      ts::classes<3>>;
using exits = ts::early_exit<small, ts::exit_at<2, ts::exit_head::linear>,
                             ts::exit_at<4, ts::exit_head::local_perception<3>>>;
using stages = ts::vit<ts::image<16, 16, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>,
                       ts::classes<3>,
                       ts::stages<ts::stage<2>, ts::pool::average<2>, ts::stage<3>>>;
using mae = ts::mae<small, ts::decoder<ts::width<24>, ts::depth<3>, ts::heads<2>>,
                    ts::mask::random<3, 4>>;
using step = ts::train<ts::tower<"student", exits>, ts::tower<"teacher", small, ts::frozen>,
                       ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>,
                       ts::term<ts::weight<1>, ts::distill::logits<"teacher">>>;

template <class A>
std::string svg() {
  std::ostringstream out;
  ts::to_svg<A>(out);
  return out.str();
}
std::vector<std::string> all() { return {svg<exits>(), svg<stages>(), svg<mae>(), svg<step>()}; }

int occurrences(const std::string& text, const std::string& what) {
  int n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

// Why a text is no well-formed XML of elements, attributes and the five entities; "" if it is.
std::string fault_of(std::string_view s) {
  std::vector<std::string> open;
  for (std::size_t i = 0; i < s.size();) {
    if (s[i] == '&') {
      bool known = false;
      for (const char* e : {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})
        known = known || s.substr(i).starts_with(e);
      if (!known) return "an ampersand at " + std::to_string(i);
    }
    if (s[i] == '<') {
      const std::size_t end = s.find('>', i);
      if (end == s.npos) return "an open tag";
      const std::string_view tag = s.substr(i + 1, end - i - 1);
      const std::string name(tag.substr(0, tag.find_first_of(" \n/", 1)));
      int quotes = 0;
      for (char c : tag) {
        quotes += c == '"';
        if (c == '<') return "a < inside <" + std::string(tag);
      }
      if (quotes % 2 != 0) return "an open quote in <" + std::string(tag);
      if (name[0] == '/') {
        if (open.empty() || "/" + open.back() != name) return "<" + name + "> without its start";
        open.pop_back();
      } else if (tag.back() != '/') {
        open.push_back(name);
      }
      i = end;
    }
    ++i;
  }
  return open.empty() ? "" : "<" + open.back() + "> without its end";
}

struct rectangle {
  double x, y, w, h;
};
double attribute(const std::string& tag, const std::string& what) {
  const auto at = tag.find(" " + what + "=\"");
  return at == tag.npos ? 0 : std::atof(tag.c_str() + at + what.size() + 3);
}
// The tags that begin like this.
std::vector<std::string> tags(const std::string& text, const std::string& start) {
  std::vector<std::string> found;
  for (auto at = text.find(start); at != text.npos; at = text.find(start, at + 1))
    found.push_back(text.substr(at, text.find('>', at) - at));
  return found;
}
std::vector<rectangle> rectangles(const std::string& text, const std::string& style) {
  std::vector<rectangle> found;
  for (const std::string& tag : tags(text, "<rect class=\"" + style + "\""))
    found.push_back({attribute(tag, "x"), attribute(tag, "y"), attribute(tag, "width"),
                     attribute(tag, "height")});
  return found;
}

}  // namespace

TEST_CASE("pictures are well-formed") {
  for (const std::string& text : all()) CHECK(fault_of(text) == "");
}

TEST_CASE("the check of well-formedness sees faults") {
  CHECK(fault_of("<a><b></a>") != "");
  CHECK(fault_of("<a>&b</a>") != "");
  CHECK(fault_of("<a b=\"c></a>") != "");
  CHECK(fault_of("<a>") != "");
  CHECK(fault_of("<a b=\"c\"><d/>&amp;</a>") == "");
}

TEST_CASE("names are escaped and shortened to their box") {
  ts::graph g;
  const ts::value_id x = g.add_input("<a & \"b\">", {1, 1, 2, {2, 4}});
  {
    const ts::graph::scope here(g, ts::label("module_of_a_very_long_name_<x>_that_goes_on_and_on"));
    g.add_tap(ts::emit<"add">(g, {x, x}));
  }
  const std::string text = ts::svg_text(g, "1 < 2\x01");

  CHECK(fault_of(text) == "");
  CHECK(text.find("&lt;a &amp; &quot;b&quot;&gt;") != text.npos);
  CHECK(text.find("1 &lt; 2\uFFFD") != text.npos);
  CHECK(text.find(">module_of_a_very_long_na") != text.npos);
  CHECK(text.find("and_on</text>") == text.npos);
  CHECK(ts::detail::drawing::shortened("\u00d7\u00d7\u00d7\u00d7", 10, 20) == "\u00d7\u00d7\u2026");
  CHECK(ts::detail::drawing::shortened("\u00d7\u00d7\u00d7", 10, 20) == "\u00d7\u00d7\u00d7");
}

TEST_CASE("a graph of nothing is a page without boxes") {
  CHECK(fault_of(ts::svg_text(ts::graph())) == "");
}

TEST_CASE("equal blocks are drawn once with their number") {
  const std::string text = svg<small>();

  CHECK(occurrences(text, ">attn.qkv</text>") == 1);
  CHECK(occurrences(text, ">blocks.0\u20265</text>") == 1);
  CHECK(occurrences(text, ">\u00d7 6</text>") == 1);
  CHECK(occurrences(svg<stages>(), ">attn.qkv</text>") == 2);
  CHECK(occurrences(svg<stages>(), ">\u00d7 3</text>") == 1);
  CHECK(occurrences(svg<mae>(), ">decoder_blocks.0\u20262</text>") == 1);
}

TEST_CASE("every tap is named, exits say where they leave") {
  const ts::graph g = ts::build_graph<exits>();
  const std::string text = svg<exits>();
  for (const ts::tap& t : g.taps) CHECK(occurrences(text, g.text_at(t.text)) > 0);

  CHECK(occurrences(text, ">exits.0 after blocks.1</text>") == 1);
  CHECK(occurrences(text, ">exits.1 after blocks.3</text>") == 1);
  CHECK(occurrences(text, ">taps blocks.0\u20265</text>") == 1);
}

TEST_CASE("boxes and pills do not overlap and lie on the page, and so do texts") {
  for (const std::string& text : all()) {
    const rectangle page = rectangles(text, "page").at(0);
    std::vector<rectangle> boxes;
    for (const char* style : {"box", "input", "output", "loss"})
      for (const rectangle& r : rectangles(text, style)) boxes.push_back(r);
    int overlaps = 0, outside = 0;
    for (std::size_t a = 0; a < boxes.size(); ++a) {
      const rectangle& p = boxes[a];
      outside += p.x < 0 || p.y < 0 || p.x + p.w > page.w || p.y + p.h > page.h;
      for (std::size_t b = 0; b < a; ++b) {
        const rectangle& q = boxes[b];
        overlaps += p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h;
      }
    }
    for (const std::string& tag : tags(text, "<text"))
      outside += attribute(tag, "x") < 0 || attribute(tag, "x") > page.w ||
                 attribute(tag, "y") > page.h;

    CHECK(boxes.size() > 20);
    CHECK(overlaps == 0);
    CHECK(outside == 0);
  }
}

TEST_CASE("a step draws towers and losses and says how many nodes it leaves out") {
  const std::string text = svg<step>();
  const ts::graph g = step::gradient();
  REQUIRE(g.ok());
  int forward = 0;
  while (std::string_view(g.text_at(g.nodes[forward].text)) != "gradient") ++forward;
  const int left = g.nodes.size() - forward + step::update().nodes.size();

  CHECK(occurrences(text, ">student</text>") == 1);
  CHECK(occurrences(text, ">teacher</text>") == 1);
  CHECK(occurrences(text, ">losses</text>") == 1);
  CHECK(occurrences(text, "_gradient") == 0);
  CHECK(occurrences(text, std::to_string(left) + " nodes that compute gradients") == 2);
  CHECK(occurrences(text, "<path class=\"e d\"") == 1);  // the teacher is behind a stop
}

TEST_CASE("a dark scheme gives every colour another value") {
  const std::string text = svg<small>();

  CHECK(occurrences(text, "@media (prefers-color-scheme:dark)") == 1);
  for (const char* colour : {"--page:", "--ink:", "--product:", "--exit-fill:"})
    CHECK(occurrences(text, colour) == 2);
  CHECK(occurrences(text, "<title id=\"tessera-title\">Architecture</title>") == 1);
  CHECK(occurrences(text, "<desc id=\"tessera-desc\">") == 1);
}
