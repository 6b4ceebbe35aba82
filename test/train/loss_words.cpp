// Losses of features, relations, contrast and cells as words of a step.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/ops/reference.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;

namespace {

using plain =
    ts::vit<ts::image<8>, ts::patch<4>, ts::width<6>, ts::heads<2>, ts::depth<2>, ts::classes<5>>;
template <class Loss>
using taught =
    ts::train<ts::tower<"student", plain>, ts::tower<"teacher", plain, ts::frozen>, ts::adamw,
              ts::term<ts::weight<1>, ts::distill::features<ts::on<"teacher.blocks.1">,
                                                            ts::on<"student.blocks.1">, Loss>>>;
using segmenting =
    ts::train<micro::segformer, ts::adamw, ts::term<ts::weight<1>, ts::loss::dice<>>>;

std::vector<double> images() { return golden::filled<double>("input", {3, 3, 8, 8}); }

template <class Loss>
ts::trainer<taught<Loss>, ts::reference, double> trained() {
  ts::trainer<taught<Loss>, ts::reference, double> run;
  for (const ts::slice& s : run.parameters().table)
    golden::golden_fill<double>(s.name, s.shape, run.parameters()[s.name]);
  run.set("optimizer.lr", 1e-2);
  return run;
}
void copy_teacher(ts::weights<double>& w) {
  for (const ts::slice& s : w.table)
    if (s.name.starts_with("student.")) {
      const auto teacher = w["teacher." + s.name.substr(8)];
      std::copy(teacher.begin(), teacher.end(), w[s.name].begin());
    }
}

// The loss falls, and is 0 without a gradient where the student equals its teacher.
template <class Loss>
void teaches() {
  auto run = trained<Loss>(), equal = trained<Loss>();
  copy_teacher(equal.parameters());

  const double first = run.step(images());
  for (int i = 0; i < 60; ++i) run.step(images());

  CHECK(first > 1e-3);
  CHECK(run.gradient(images()) < first / 2);
  CHECK(std::abs(equal.gradient(images())) < 1e-12);
  CHECK(golden::largest({equal.gradients().begin(), equal.gradients().end()}) < 1e-9);
}

}  // namespace

TEST_CASE("a student approaches its teacher by cosines, by relations of channels and of tokens") {
  teaches<ts::loss::cosine>();
  teaches<ts::loss::gram>();
  teaches<ts::loss::token_gram>();
}

TEST_CASE("a student that learns by contrast finds its teacher's tokens among all others") {
  for (const bool symmetric : {false, true}) {
    const auto falls = [](auto run) {
      run.set("loss.0.temperature", 0.2);
      const double first = run.step(images());
      for (int i = 0; i < 60; ++i) run.step(images());
      const double last = run.gradient(images());
      CHECK(first > 0.5);  // log 15 where all of 3 x 5 tokens are alike
      CHECK(last < 0.8 * first);
    };
    if (symmetric)
      falls(trained<ts::loss::symmetric_info_nce>());
    else
      falls(trained<ts::loss::info_nce>());
  }
}

TEST_CASE("dice of a segmentation reads the cells' labels and its gradient is the derivative") {
  ts::trainer<segmenting, ts::reference, double> run(3);
  const auto x = golden::filled<double>("images", {2, 3, 32, 32});
  std::vector<std::int32_t> y(2 * 8 * 8);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<std::int32_t>(i * i % 5);
  auto& weights = run.parameters().values;

  const double loss = run.gradient(x, y);

  CHECK(loss > 0.5);
  CHECK(loss < 1);
  const std::vector<double> gradient(run.gradients().begin(), run.gradients().end());
  const double largest = golden::largest(gradient);
  REQUIRE(largest > 1e-4);
  for (std::size_t i = 0; i < weights.size(); i += weights.size() / 20) {
    const double kept = weights[i], h = 1e-5;
    weights[i] = kept + h;
    const double up = run.gradient(x, y);
    weights[i] = kept - h;
    const double down = run.gradient(x, y);
    weights[i] = kept;
    CHECK(std::abs((up - down) / (2 * h) - gradient[i]) <= 1e-6 * largest);
  }
  CHECK_THROWS_AS(run.step(x, std::span(y).first(2)), ts::error);
}
