#include <doctest/doctest.h>

#include "support/golden.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/model/compile.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/model/workspace.hpp"
#include "tessera/ops/reference.hpp"

namespace ts = tessera;

namespace {

using plain =
    ts::vit<ts::image<8>, ts::patch<4>, ts::width<6>, ts::heads<2>, ts::depth<3>, ts::classes<5>>;
using net = ts::early_exit<plain, ts::exit_at<2, ts::exit_head::linear>>;

std::vector<double> run(const ts::program& p, ts::weights<double>& w, const std::vector<double>& x,
                        int i = 0, const double* given = nullptr) {
  ts::workspace space(p, w.table, 3);
  const void* inputs[] = {x.data()};
  const void* cut[] = {given};
  ts::run_context c;
  c.weights = w.values.data();
  c.inputs = inputs;
  c.given = cut;
  space.run(c);
  const double* y = static_cast<const double*>(space.result(i));
  return {y, y + space.result_count(i)};
}
auto compiled(const std::vector<std::string>& results, const std::vector<std::string>& given = {}) {
  return ts::compile<ts::inference<net>, ts::reference, double>(results, given);
}
int count(const ts::program& p) {
  int n = 0;
  for (const bool needed : p.needed) n += needed;
  return n;
}

}  // namespace

TEST_CASE("a program cut in two gives what the whole gives") {
  const auto whole = compiled({"output", "exits.0", "blocks.1"});
  const auto first = compiled({"blocks.1", "exits.0"}), rest = compiled({"output"}, {"blocks.1"});
  auto w = ts::make_weights<double>(whole->g, 0);
  golden::fill_weights(w);
  const auto x = golden::filled<double>("input", {3, 3, 8, 8});

  const auto tokens = run(*first, w, x, 0);
  CHECK(tokens == run(*whole, w, x, 2));
  CHECK(run(*first, w, x, 1) == run(*whole, w, x, 1));
  CHECK(run(*rest, w, x, 0, tokens.data()) == run(*whole, w, x, 0));
  CHECK(count(*first) + count(*rest) == count(*whole));
}

TEST_CASE("the texts of names are those that hashes were taken of") {
  const auto p = compiled({"output"});

  for (const ts::parameter& x : p->g.parameters)
    CHECK(ts::detail::hash_of(p->g.text_at(x.text)) == x.hash);
  for (const ts::tap& x : p->g.taps) CHECK(ts::detail::hash_of(p->g.text_at(x.text)) == x.hash);
  for (const ts::setting& x : p->g.settings)
    CHECK(ts::detail::hash_of(p->g.text_at(x.text)) == x.hash);
  for (const ts::node& n : p->g.nodes) CHECK(ts::detail::hash_of(p->g.text_at(n.text)) == n.site);
  CHECK(p->g.parameters.size() == 48);
  CHECK(std::string(p->g.text_at(p->g.parameters[0].text)) == "cls_token");
}

TEST_CASE("a tap that is not there is an error that lists those that are") {
  try {
    compiled({"blocks.7"});
    FAIL("no error");
  } catch (const ts::error& e) {
    const std::string said = e.what();
    CHECK(said.find("blocks.7") != std::string::npos);
    CHECK(said.find("blocks.0, blocks.1, blocks.2") != std::string::npos);
  }
}
