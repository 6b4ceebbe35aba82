#include "tessera/federated/scope.hpp"

#include <doctest/doctest.h>

#include <string>

namespace ts = tessera;
using ts::over;
using ts::scope;

TEST_CASE("the first pattern that matches decides, also at compile time") {
  static constexpr scope scopes[] = {
      {"blocks.0.*", over::client}, {"blocks.*", over::group}, {"head", over::all}};

  static_assert(ts::find_scope("blocks.0.norm1.weight", scopes) == 0);
  static_assert(ts::find_scope("blocks.1.norm1.weight", scopes) == 1);
  static_assert(ts::find_scope("decoder_blocks.0.x", scopes) == -1);
  static_assert(ts::find_scope("head.weight", scopes) == -1);
  CHECK(ts::find_scope("head", scopes) == 2);
}

TEST_CASE("find_scope and in_scope agree") {
  for (const std::string name : {"", "a", "a.b", "ab", "a*"}) {
    for (const std::string pattern : {"", "*", "a", "a.*", "a*", "a.b"}) {
      const scope scopes[] = {{pattern, over::all}};

      CHECK((ts::find_scope(name, scopes) == 0) == ts::in_scope(name, pattern));
    }
  }
}

TEST_CASE("a slice that takes part and has no scope is an error that names it") {
  const scope scopes[] = {{"blocks.*", over::group}};
  ts::slice s{"head.weight", {2}, 0, 2};

  CHECK_THROWS_WITH_AS(ts::shared_among(s, scopes, ts::state_rule::keep),
                       "federated.scope: expected a scope for every slice, found none for "
                       "head.weight",
                       ts::error);

  s.kind = ts::slice_kind::frozen;
  CHECK(ts::shared_among(s, scopes, ts::state_rule::average) == over::client);
  s.kind = ts::slice_kind::state;
  CHECK(ts::shared_among(s, scopes, ts::state_rule::keep) == over::client);
  CHECK_THROWS_AS(ts::shared_among(s, scopes, ts::state_rule::average), ts::error);
}
