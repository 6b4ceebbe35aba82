#include "tessera/graph/lives.hpp"

#include <cstdint>

#include <doctest/doctest.h>

#include "tessera/ops/ops.hpp"

namespace ts = tessera;

namespace {

// v = x + x, w = v + v, u = w + v; outputs that nobody reads: none.
struct chain {
  ts::graph g;
  ts::value_id x, v, w, u;
  ts::buffer<bool> needed;
  chain() {
    x = g.add_input("x", {1, 1, 1, {4}});
    v = ts::emit<"add">(g, {x, x});
    w = ts::emit<"add">(g, {v, v});
    u = ts::emit<"add">(g, {w, v});
    needed.clear_to(3);
    for (bool& n : needed) n = true;
  }
};

}  // namespace

TEST_CASE("a value lives from its writer to its last reader, a result to the end") {
  const chain c;
  const ts::live_blocks l = ts::find_lives(c.g, c.needed, {c.u}, {}, 2, 4);

  REQUIRE(l.blocks.size() == 3);
  CHECK(l.owners[0] == c.v);
  CHECK(l.blocks[0].first == 0);
  CHECK(l.blocks[0].last == 2);
  CHECK(l.blocks[1].last == 2);
  CHECK(l.blocks[2].first == 2);
  CHECK(l.blocks[2].last == 3);
  for (const ts::block& b : l.blocks) CHECK(b.size == 2 * 4 * 4);
  CHECK(ts::most_alive(l.blocks) == 3 * 2 * 4 * 4);
}

TEST_CASE("inputs, given values and what no needed node writes have no block") {
  chain c;
  c.needed[0] = false;
  const ts::live_blocks l = ts::find_lives(c.g, c.needed, {c.u}, {c.v}, 1, 8);

  REQUIRE(l.blocks.size() == 2);
  CHECK(l.owners[0] == c.w);
  CHECK(l.blocks[0].first == 0);
  CHECK(l.blocks[0].size == 4 * 8);
}

TEST_CASE("an optional output that nobody reads has no block") {
  ts::graph g;
  const ts::value_id qkv = g.add_input("qkv", {1, 1, 2, {5, 24}});
  const ts::value_id y = ts::emit<"attention">(g, {qkv}, {2});
  ts::buffer<bool> needed;
  needed.clear_to(1);
  needed[0] = true;

  CHECK(ts::find_lives(g, needed, {y, y + 1}, {}, 1, 4).blocks.size() == 2);
  CHECK(ts::find_lives(g, needed, {y}, {}, 1, 4).blocks.size() == 1);
}

TEST_CASE("an index takes 4 bytes and a mask 1, whatever the scalar") {
  ts::value v;
  v.extent = {1, 1, 1, {3}};
  CHECK(ts::bytes_of(v, 2, 8) == 48);
  v.kind = ts::role::index;
  CHECK(ts::bytes_of(v, 2, 8) == 24);
  v.kind = ts::role::mask;
  CHECK(ts::bytes_of(v, 2, 8) == 6);
}

TEST_CASE("nothing is alive of no blocks") { CHECK(ts::most_alive({}) == 0); }
