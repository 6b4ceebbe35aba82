#include "tessera/arch/memory.hpp"

#include <cstdint>

#include <doctest/doctest.h>

#include "tessera/arch/early_exit.hpp"
#include "tessera/model/make_model.hpp"
#include "tessera/ops/reference.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;

namespace {
struct fusing {};  // a backend that joins what it can
}  // namespace

template <>
constexpr ts::fusion_table ts::fusions_of<fusing>() {
  return {ts::cpu_fusions, 2};
}

namespace {

using small = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>, ts::depth<2>,
                      ts::classes<3>>;
using exits = ts::early_exit<small, ts::exit_at<1, ts::exit_head::local_perception<3>>>;
using step = ts::train<exits, ts::clip_by_norm, ts::adamw, ts::ema,
                       ts::term<ts::weight<1>, ts::loss::cross_entropy<>>,
                       ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>>;

// v = x + x, w = v + v, u = w + w: of B x 4 floats each; two are alive at once.
ts::graph chain() {
  ts::graph g;
  ts::value_id x = g.add_input("x", {1, 1, 1, {4}});
  for (int i = 0; i < 3; ++i) x = ts::emit<"add">(g, {x, x});
  g.add_tap("output", x);
  return g;
}

ts::memory_report of_chain(std::int64_t batch) {
  ts::graph g = chain();
  const ts::buffer<ts::value_id> results = {g.find_tap(ts::label("output").hash)};
  return ts::detail::memory_of(g, results, batch, 4);
}

}  // namespace

TEST_CASE("a chain takes two of its three values at once") {
  CHECK(of_chain(8).lower_bound == 2 * 8 * 4 * 4);
  CHECK(of_chain(8).activations == 2 * 8 * 4 * 4);
  CHECK(of_chain(8).total() == 2 * 8 * 4 * 4);
}

TEST_CASE("a model allocates what was said") {
  const ts::model<exits, ts::reference, float> net(1);
  const ts::predictor<float>& p = net;
  for (const std::int64_t batch : {1, 3, 16}) {
    const ts::memory_report said = ts::memory<exits, ts::reference>(batch);
    const ts::workspace space(p.compiled(), p.parameters().table, batch);

    CHECK(said.activations == space.arena_bytes());
    CHECK(said.weights + said.state ==
          static_cast<std::int64_t>(p.parameters().values.size() * sizeof(float)));
    CHECK(said.gradients + said.optimizer + said.kept == 0);
  }
}

TEST_CASE("what a backend joins takes memory once") {
  ts::program p;
  p.g = ts::build_graph<small>();
  ts::fuse(p.g, ts::fusions_of<fusing>());
  p.results = {p.g.find_tap(ts::label("output").hash)};
  p.needed = ts::live(p.g, p.results);
  const ts::workspace space(p, ts::table_of(p.g), 5);

  CHECK(ts::memory<small, fusing>(5).activations == space.arena_bytes());
  CHECK(ts::memory<small, fusing>(5).lower_bound < ts::memory<small, ts::reference>(5).lower_bound);
}

TEST_CASE("a trainer allocates what was said, in float and in double") {
  const auto check = [](auto scalar) {
    using scalar_type = decltype(scalar);
    ts::trainer<step, ts::reference, scalar_type> run(1);
    const auto bytes = [](auto span) {
      return static_cast<std::int64_t>(span.size() * sizeof(scalar_type));
    };
    for (const std::int64_t batch : {1, 6}) {
      const ts::memory_report said = ts::memory<step, ts::reference, scalar_type>(batch);
      const ts::workspace space(run.compiled(), run.parameters().table, batch);

      CHECK(said.activations == space.arena_bytes());
      CHECK(said.weights + said.state == bytes(std::span(run.parameters().values)));
      CHECK(said.gradients == bytes(run.gradients()));
      CHECK(said.optimizer ==
            bytes(run.optimizer_state(0)) + bytes(run.optimizer_state(1)) +
                bytes(run.optimizer_state(2)));
      CHECK(said.state > 0);
    }
  };
  check(float());
  check(double());
}

TEST_CASE("an arena is no smaller than what is alive at once, and smaller than all values") {
  ts::graph g = ts::build_graph<exits>();
  const ts::buffer<ts::value_id> results = {g.find_tap(ts::label("output").hash)};
  std::int64_t all = 0;
  for (const ts::block& b : ts::find_lives(g, ts::live(g, results), {}, {}, 4, 4).blocks)
    all += b.size;

  const ts::memory_report said = ts::memory<exits, ts::reference>(4);
  CHECK(said.activations >= said.lower_bound);
  CHECK(said.activations < all / 2);
}

TEST_CASE("training takes more than inference") {
  const ts::memory_report inference = ts::memory<exits>(4), training = ts::memory<step>(4);

  CHECK(training.activations > inference.activations);
  CHECK(training.weights == inference.weights);
  CHECK(training.total() > inference.total() + 4 * inference.weights);
}

TEST_CASE("activations grow with the batch, everything else does not") {
  const ts::memory_report one = ts::memory<exits>(1), ten = ts::memory<exits>(10);

  CHECK(ten.lower_bound == 10 * one.lower_bound);
  CHECK(ten.total() - ten.activations == one.total() - one.activations);
}

TEST_CASE("a batch below 1 is an error") {
  CHECK_THROWS_WITH_AS(ts::memory<small>(0), "memory: expected a batch of at least 1, found 0",
                       ts::error);
}
