#include "tessera/model/exits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "tessera/tensor/philox.hpp"
#include "tessera/tessera.hpp"

namespace ts = tessera;

namespace {

using vit = ts::vit<ts::image<16>, ts::patch<4>, ts::width<24>, ts::heads<3>, ts::depth<4>,
                    ts::classes<5>>;
using two_exits = ts::early_exit<vit, ts::exit_at<1, ts::exit_head::local_perception<3>>,
                                 ts::exit_at<3, ts::exit_head::linear>>;
constexpr std::size_t each = 3 * 16 * 16;

std::vector<float> images_of(int batch) {
  std::vector<float> x(static_cast<std::size_t>(batch) * each);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 4 * ts::uniform(3, 0, 1, 0, i) - 2;
  return x;
}

// A head of spread-out logits, so that confidences differ.
struct served {
  ts::model<two_exits> net{7};
  ts::exit_runner<two_exits> serve{net.parameters()};
  served() {
    for (ts::slice& s : net.parameters().table)
      if (s.name.ends_with("head.weight"))
        for (float& w : net.parameters()[s.name]) w *= 60;
  }
};

}  // namespace

TEST_CASE("above confidence 1 no image leaves early, and the logits are the network's own bits") {
  served s;
  const auto x = images_of(7);
  std::vector<float> plain(35), logits(35);
  std::vector<int> exits(7);

  s.net.forward(x, plain);
  s.serve.run(x, 1.0, logits, exits);

  CHECK(logits == plain);
  CHECK(exits == std::vector<int>(7, 2));
}

TEST_CASE("below confidence 1/K every image leaves at the first exit") {
  served s;
  const auto x = images_of(7);
  std::vector<float> logits(35);
  std::vector<int> exits(7);

  s.serve.run(x, 0.19, logits, exits);

  CHECK(exits == std::vector<int>(7, 0));
}

TEST_CASE("a batch that leaves at different exits equals the loop over single images") {
  for (int batch : {1, 7, 64, 5}) {
    served s, alone;
    const auto x = images_of(batch);
    std::vector<float> logits(static_cast<std::size_t>(batch) * 5), one(5);
    std::vector<int> exits(static_cast<std::size_t>(batch)), exit(1);
    int taken[3] = {};

    s.serve.run(x, 0.6, logits, exits);

    for (int i = 0; i < batch; ++i) {
      const auto row = static_cast<std::size_t>(i);
      alone.serve.run(std::span(x).subspan(row * each, each), 0.6, one, exit);
      CHECK(exit[0] == exits[row]);
      for (std::size_t k = 0; k < 5; ++k) CHECK(one[k] == logits[row * 5 + k]);
      ++taken[exits[row]];
    }
    if (batch == 64) CHECK((taken[0] > 0 && taken[1] > 0 && taken[2] > 0));
  }
}

TEST_CASE("a lower threshold never makes an image leave later") {
  served s;
  const auto x = images_of(32);
  std::vector<float> logits(160);
  std::vector<int> before(32, 2), exits(32);

  for (double threshold : {1.0, 0.9, 0.7, 0.5, 0.3, 0.0}) {
    s.serve.run(x, threshold, logits, exits);
    for (std::size_t i = 0; i < 32; ++i) CHECK(exits[i] <= before[i]);
    before = exits;
  }
}

TEST_CASE("an image of NaN runs to the end, the others are not touched by it") {
  served s;
  auto x = images_of(3);
  std::vector<float> clean(15), logits(15);
  std::vector<int> exits(3), clean_exits(3);
  s.serve.run(x, 0.0, clean, clean_exits);
  for (std::size_t i = each; i < 2 * each; ++i) x[i] = std::numeric_limits<float>::quiet_NaN();

  s.serve.run(x, 0.0, logits, exits);

  CHECK(exits == std::vector<int>{0, 2, 0});
  CHECK(std::isnan(logits[5]));
  for (std::size_t k = 0; k < 5; ++k) {
    CHECK(logits[k] == clean[k]);
    CHECK(logits[10 + k] == clean[10 + k]);
  }
}

TEST_CASE("MACs grow from exit to exit and end at the network with all heads") {
  served s;

  CHECK(s.serve.macs(0) < s.serve.macs(1));
  CHECK(s.serve.macs(1) < s.serve.macs(2));
  CHECK(s.serve.macs(2) == ts::macs<two_exits>);
}

TEST_CASE("sizes that do not fit are refused") {
  served s;
  const auto x = images_of(2);
  std::vector<float> logits(10), short_logits(9);
  std::vector<int> exits(2), short_exits(1);

  CHECK_THROWS_AS(s.serve.run({}, 0.5, logits, exits), ts::error);
  CHECK_THROWS_AS(s.serve.run(std::span(x).first(each + 1), 0.5, logits, exits), ts::error);
  CHECK_THROWS_AS(s.serve.run(x, 0.5, short_logits, exits), ts::error);
  CHECK_THROWS_AS(s.serve.run(x, 0.5, logits, short_exits), ts::error);
}

TEST_CASE("teaching an exit with the rest frozen leaves every bit of the backbone") {
  using step = ts::train<two_exits, ts::adamw, ts::trainable<"exits">,
                         ts::term<ts::weight<3, 10>, ts::loss::cross_entropy<ts::on<"exits.0">>>,
                         ts::term<ts::weight<7, 10>, ts::distill::logits<"head", ts::temperature<2>,
                                                                         ts::on<"exits.0">>>>;
  ts::trainer<step> run(7);
  const auto before = run.parameters();
  const auto x = images_of(6);
  const std::vector<std::int32_t> labels{0, 1, 2, 3, 4, 0};

  for (int i = 0; i < 5; ++i) run.step(x, labels);

  bool head_moved = false, statistics_moved = false;
  for (const ts::slice& s : before.table) {
    const auto was = before[s.name], is = std::as_const(run).parameters()[s.name];
    const bool same = std::equal(was.begin(), was.end(), is.begin());
    if (!s.name.starts_with("exits.0.") && !s.name.starts_with("exits.1.")) CHECK_MESSAGE(same, s.name);
    head_moved = head_moved || (s.name == "exits.0.head.weight" && !same);
    statistics_moved = statistics_moved || (s.name == "exits.0.bn1.running_mean" && !same);
  }
  CHECK(head_moved);
  CHECK(statistics_moved);
}
