// expect: tessera: a gradient is asked through an op that has none
#include "tessera/graph/diagnose.hpp"

#include "tessera/graph/differentiate.hpp"
#include "tessera/ops/losses.hpp"

namespace ts = tessera;

constexpr ts::graph build() {  // the teacher's weights are trained too
  ts::graph g;
  const auto student = g.add_parameter("student", {2, 3}, ts::initialiser::zeros);
  const auto teacher = g.add_parameter("teacher", {2, 3}, ts::initialiser::zeros);
  ts::differentiate(
      g, ts::emit<"kl_divergence">(g, {student, teacher}, {}, g.add_setting("temperature", 1)));
  return g;
}
constexpr ts::first_issue found = build().found;
static_assert(sizeof(ts::said_of<found>::type) > 0);
