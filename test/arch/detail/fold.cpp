#include "tessera/arch/detail/fold.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace ts = tessera;
using rows = std::vector<ts::detail::fold_row>;

namespace {

// "layers.0 x 2 { blocks.0 x 3 { 1 } 1 }": modules by their path, rows as their number.
std::string text(const std::vector<ts::detail::fold>& folds) {
  std::string s;
  for (const auto& f : folds) {
    if (!s.empty()) s += ' ';
    if (f.module.empty()) {
      s += '.';
      continue;
    }
    s += std::string(f.module) + " x " + std::to_string(f.times);
    if (f.period > 1) s += " of " + std::to_string(f.period);
    s += " { " + text(f.inner) + " }";
  }
  return s;
}
std::string folded(const rows& r) { return text(ts::detail::folder(r).folds(0, r.size())); }

// layers of blocks, each of two rows, after one row "down" of the layer itself.
rows layers(const std::vector<int>& blocks, const std::string& odd = "a") {
  rows r;
  for (std::size_t l = 0; l < blocks.size(); ++l) {
    const std::string layer = "layers." + std::to_string(l);
    r.push_back({layer + ".down", "d"});
    for (int b = 0; b < blocks[l]; ++b) {
      const std::string block = layer + ".blocks." + std::to_string(b);
      r.push_back({block + ".attn", b % 2 == 0 ? "a" : odd});
      r.push_back({block, "b"});
    }
  }
  return r;
}

}  // namespace

TEST_CASE("the numbered module of a path is the first below the base") {
  CHECK(ts::detail::numbered_part("blocks.3.attn.qkv") == "blocks.3");
  CHECK(ts::detail::numbered_part("layers.0.blocks.12.attn", 8) == "layers.0.blocks.12");
  CHECK(ts::detail::numbered_part("blocks.3", 8).empty());
  CHECK(ts::detail::numbered_part("exits.3x.norm").empty());
  CHECK(ts::detail::numbered_part("conv1").empty());
}

TEST_CASE("rows are named below their module") {
  CHECK(ts::detail::below("blocks.3.attn", "blocks.3") == "attn");
  CHECK(ts::detail::below("blocks.3", "blocks.3") == ".");
  CHECK(ts::detail::below("norm", "") == "norm");
}

TEST_CASE("neighbours that differ in their number only fold") {
  CHECK(folded({{"embed", "e"}, {"b.0", "x"}, {"b.1", "x"}, {"b.2", "x"}, {"head", "h"}}) ==
        ". b.0 x 3 { . } .");
  CHECK(folded({{"b.0", "x"}, {"b.1", "y"}, {"b.2", "y"}}) == "b.0 x 1 { . } b.1 x 2 { . }");
  CHECK(folded({{"b.0", "x"}, {"c.1", "x"}}) == "b.0 x 1 { . } c.1 x 1 { . }");
}

TEST_CASE("equal blocks fold inside a layer, and equal layers fold as a whole") {
  CHECK(folded(layers({3, 2})) ==
        "layers.0 x 1 { . layers.0.blocks.0 x 3 { . . } } "
        "layers.1 x 1 { . layers.1.blocks.0 x 2 { . . } }");
  CHECK(folded(layers({3, 3})) == "layers.0 x 2 { . layers.0.blocks.0 x 3 { . . } }");
}

TEST_CASE("blocks that alternate fold in pairs, a rest stays") {
  CHECK(folded(layers({5}, "odd")) ==
        "layers.0 x 1 { . layers.0.blocks.0 x 2 of 2 { layers.0.blocks.0 x 1 { . . } "
        "layers.0.blocks.1 x 1 { . . } } layers.0.blocks.4 x 1 { . . } }");
}
