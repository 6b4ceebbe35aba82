#include <doctest/doctest.h>

#include "support/golden.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/ops/reference.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;
using golden::filled;

namespace {

using plain =
    ts::vit<ts::image<8>, ts::patch<4>, ts::width<6>, ts::heads<2>, ts::depth<2>, ts::classes<5>>;
using taught =
    ts::train<ts::tower<"student", plain>, ts::tower<"teacher", plain, ts::frozen>, ts::adamw,
              ts::term<ts::weight<1>, ts::distill::logits<"teacher", ts::temperature<4>>>,
              ts::term<ts::weight<1, 2>, ts::distill::features<ts::on<"teacher.blocks.1">,
                                                               ts::on<"student.blocks.1">>>>;

using with_exit = ts::early_exit<plain, ts::exit_at<1, ts::exit_head::linear>>;
using self_taught = ts::train<
    with_exit, ts::adamw, ts::trainable<"exits">,
    ts::term<ts::weight<1>, ts::distill::logits<"head", ts::temperature<2>, ts::on<"exits.0">>>>;

std::vector<double> images() { return filled<double>("input", {3, 3, 8, 8}); }

}  // namespace

TEST_CASE("a student that equals its teacher has no loss and no gradient") {
  ts::trainer<taught, ts::reference, double> run(3);
  auto& w = run.parameters();
  for (const ts::slice& s : w.table)
    if (s.name.starts_with("student.")) {
      const auto teacher = w["teacher." + s.name.substr(8)];
      std::copy(teacher.begin(), teacher.end(), w[s.name].begin());
    }

  CHECK(run.gradient(images()) == doctest::Approx(0).epsilon(1e-12));
  CHECK(golden::largest({run.gradients().begin(), run.gradients().end()}) < 1e-12);
}

TEST_CASE("a student approaches its teacher, who stays") {
  ts::trainer<taught, ts::reference, double> run;
  golden::fill_weights(run.parameters());
  for (const ts::slice& s : run.parameters().table)
    if (s.kind == ts::slice_kind::frozen)
      golden::golden_fill<double>(s.name, s.shape, run.parameters()[s.name]);
  const auto before = run.parameters();
  run.set("optimizer.lr", 1e-2);

  const double first = run.step(images());
  for (int i = 0; i < 40; ++i) run.step(images());

  CHECK(run.gradient(images()) < first / 2);
  CHECK(run.loss(0) + run.loss(1) / 2 == doctest::Approx(run.gradient(images())));
  int frozen = 0;
  for (const ts::slice& s : before.table) {
    const bool same =
        std::equal(before[s.name].begin(), before[s.name].end(), run.parameters()[s.name].begin());
    CHECK(same == s.name.starts_with("teacher."));
    CHECK((s.kind == ts::slice_kind::frozen) == s.name.starts_with("teacher."));
    frozen += same;
  }
  CHECK(frozen == 32);
}

TEST_CASE("an exit that learns from the final head trains alone") {
  ts::trainer<self_taught, ts::reference, double> run;
  golden::fill_weights(run.parameters());
  for (const ts::slice& s : run.parameters().table)
    if (s.kind == ts::slice_kind::frozen)
      golden::golden_fill<double>(s.name, s.shape, run.parameters()[s.name]);
  const auto before = run.parameters();
  run.set("optimizer.lr", 1e-2);

  const double first = run.step(images());
  for (int i = 0; i < 40; ++i) run.step(images());

  CHECK(run.gradient(images()) < first / 2);
  for (const ts::slice& s : before.table)
    CHECK(std::equal(before[s.name].begin(), before[s.name].end(),
                     run.parameters()[s.name].begin()) != s.name.starts_with("exits."));
}

TEST_CASE("as temperature grows the gradient of softened logits tends to that of squared error") {
  // T^2 KL -> |s - t|^2 / (2 K) for logits without mean (Hinton et al. 2015, section 2.1).
  ts::trainer<self_taught, ts::reference, double> run;
  golden::fill_weights(run.parameters());
  for (const ts::slice& s : run.parameters().table)
    if (s.kind == ts::slice_kind::frozen)
      golden::golden_fill<double>(s.name, s.shape, run.parameters()[s.name]);
  std::vector<double> losses;
  for (const double t : {1e3, 2e3}) {
    run.set("loss.0.temperature", t);
    losses.push_back(run.gradient(images()));
  }
  const auto program =
      ts::compile<ts::inference<with_exit>, ts::reference, double>({"exits.0", "head"});
  ts::workspace space(*program, run.parameters().table, 3);
  const auto x = images();
  const void* inputs[] = {x.data()};
  ts::run_context c;
  c.weights = run.parameters().values.data();
  c.inputs = inputs;
  space.run(c);
  const auto *s = static_cast<const double*>(space.result(0)),
             *t = static_cast<const double*>(space.result(1));
  double limit = 0;
  for (int b = 0; b < 3; ++b) {
    double mean = 0;
    for (int k = 0; k < 5; ++k) mean += (s[5 * b + k] - t[5 * b + k]) / 5;
    for (int k = 0; k < 5; ++k)
      limit += std::pow(s[5 * b + k] - t[5 * b + k] - mean, 2) / (2 * 5) / 3;
  }

  CHECK(losses[0] == doctest::Approx(limit).epsilon(1e-2));
  CHECK(std::abs(losses[1] - limit) < std::abs(losses[0] - limit));
}
