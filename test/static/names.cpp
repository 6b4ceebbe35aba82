// Hashes of names: taken piece by piece they are those of the whole text.
#include "tessera/graph/graph.hpp"
#include "tessera/meta/name.hpp"

namespace ts = tessera;
using ts::label;

namespace {

constexpr std::uint64_t nested() {
  ts::graph g;
  const ts::graph::scope student(g, ts::name("student"));
  const ts::graph::scope block(g, label("blocks"), 120);
  const ts::graph::scope attn(g, label("attn"));
  return g.join("qkv");
}
static_assert(nested() == label("student.blocks.120.attn.qkv").hash);
static_assert(nested() == ts::name("student.blocks.120.attn.qkv").hash());

constexpr std::uint64_t numbered(int number) {
  ts::graph g;
  const ts::graph::scope block(g, label("blocks"), number);
  return g.path;
}
static_assert(numbered(0) == label("blocks.0").hash);
static_assert(numbered(9) == label("blocks.9").hash);
static_assert(numbered(10) == label("blocks.10").hash);
static_assert(numbered(1) != numbered(10) && numbered(1) != numbered(11));

// A scope ends with its object.
constexpr bool scopes_end() {
  ts::graph g;
  {
    const ts::graph::scope outer(g, label("a"));
    { const ts::graph::scope inner(g, label("b"), 1); }
    if (g.path != label("a").hash) return false;
  }
  return g.path == 0 && g.join("x") == label("x").hash;
}
static_assert(scopes_end());

static_assert(label("").hash == 0 && ts::name("").hash() == 0);
static_assert(ts::name("layer_norm") == ts::name("layer_norm"));
static_assert(!(ts::name("layer_norm") == ts::name("layer_nor")));
static_assert(ts::name("123456789").length() == 9 && ts::name("123456789").at(8) == '9');

}  // namespace
