#pragma once
// Definitions behind parity<P, F>. A file that includes this compiles a member's kernels, at every
// precision, and gives them to the files that only call:
//     template struct golden::compiled<golden::family::swin>;

#include <algorithm>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "support/families.hpp"
#include "support/golden_gradients.hpp"
#include "tessera/model/make_model.hpp"
#include "tessera/train/make_trainer.hpp"

namespace golden {

// The trainer of a member from the formula's weights, and its batch.
template <class P, class F>
struct trained {
  using T = typename P::scalar;
  std::vector<T> images = filled<T>("input", F::images());
  std::vector<T> noise;
  std::vector<std::int32_t> labels = F::labels();
  ts::trainer<typename F::step, typename P::backend, T> run;

  trained() {
    fill_weights(run.parameters(), F::prefix);
    if (!F::masked) return;
    noise = filled<T>("noise", {F::images()[0], 64});
    run.bind("noise", noise);
  }

  // What the member gives in evaluation with the weights of now, against prefix + output + suffix.
  double outputs_against(const file& want, const std::string& prefix, const std::string& suffix) {
    ts::model<typename F::served, typename P::backend, T> net;
    for (const ts::slice& s : net.parameters().table) {
      const auto mine = run.parameters()[s.name];
      std::copy(mine.begin(), mine.end(), net.parameters()[s.name].begin());
    }
    std::vector<std::vector<double>> expected;
    std::vector<std::vector<T>> got;
    for (const char* output : F::outputs()) {
      expected.push_back(want[prefix + output + suffix]);
      got.emplace_back(expected.back().size());
    }
    const std::vector<std::span<T>> results(got.begin(), got.end());
    if (F::masked)
      net.forward(images, noise, got[0]);
    else
      net.forward(images, results);
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      worst = std::max(worst, relative(got[i], expected[i]));
    return worst;
  }
};

template <class P, class F>
first_step parity<P, F>::first() {
  const file want(F::file);
  const std::string prefix = F::prefix;
  trained<P, F> member;
  first_step d;
  d.outputs = member.outputs_against(want, prefix, "");
  const double loss = member.run.gradient(member.images, member.labels);
  d.loss = relative(std::vector<double>{loss}, want[prefix + "loss"]);
  d.gradients = gradient_distance(member.run, want, F::tensors, prefix);
  return d;
}

template <class P, class F>
ten_steps parity<P, F>::ten() {
  const file want("families_adamw");
  const std::string prefix = std::string(F::name) + ".adamw.";
  trained<P, F> member;
  std::vector<double> losses, expected = want[prefix + "losses"];
  expected.push_back(want[prefix + "loss_after"].at(0));
  for (int i = 0; i < 10; ++i) losses.push_back(member.run.step(member.images, member.labels));
  ten_steps d;  // outputs first: another loss moves running statistics
  d.outputs = member.outputs_against(want, prefix, "_after");
  losses.push_back(member.run.gradient(member.images, member.labels));
  d.losses = relative(losses, expected);
  for (const ts::slice& s : member.run.parameters().table) {
    const std::string key = prefix + "final." + s.name;
    if (!want.has(key)) continue;
    d.finals = std::max(d.finals, relative(member.run.parameters()[s.name], want[key]));
    ++d.compared;
  }
  return d;
}

template <class P, class F>
void follows() {
  const first_step d = parity<P, F>::first();
  CHECK(d.outputs <= P::tolerance);
  CHECK(d.loss <= P::tolerance);
  CHECK(d.gradients <= 10 * P::tolerance);
}

// What these point to cannot be inlined away.
template <class F, class Precisions = support::precisions>
struct compiled;
template <class F, class... P>
struct compiled<F, std::tuple<P...>> {
  static first_step (*const first[])();
  static ten_steps (*const ten[])();
};
template <class F, class... P>
first_step (*const compiled<F, std::tuple<P...>>::first[])() = {&parity<P, F>::first...};
template <class F, class... P>
ten_steps (*const compiled<F, std::tuple<P...>>::ten[])() = {&parity<P, F>::ten...};

}  // namespace golden
