#include "tessera/metrics/exit_speed_up.hpp"

#include "metrics/shards.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

using namespace tessera;

namespace {

const std::vector<int> layers{4, 8, 12};
const std::vector<std::int64_t> macs{50, 90, 130};  // with heads; without any the network takes 120

exit_speed_up fresh() { return {layers, macs, 120}; }

exit_speed_up of_exits(const std::vector<int>& exits) {
  const std::vector<int> labels(exits.size(), 0);
  exit_speed_up s = fresh();
  s.update(exits, labels, labels);
  return s;
}

}  // namespace

TEST_CASE("all at the end: layer speed-up 1, MAC speed-up below 1 because of the heads") {
  const exit_speed_up s = of_exits({2, 2, 2});

  CHECK(s.result() == metric{1, 3, true});
  CHECK(s.mac_speed_up().value == doctest::Approx(120.0 / 130).epsilon(1e-12));
  CHECK(s.share(2) == metric{1, 3, true});
}

TEST_CASE("all at exit i: layer speed-up L / i") {
  for (const int e : {0, 1, 2}) {
    const exit_speed_up s = of_exits({e, e, e, e});
    const auto i = static_cast<std::size_t>(e);
    CHECK(s.result() == metric{12.0 / layers[i], 4, true});
    CHECK(s.mac_speed_up().value == 120.0 / static_cast<double>(macs[i]));
  }
}

TEST_CASE("a mixture divides by the mean cost, it does not average speed-ups") {
  const exit_speed_up s = of_exits({0, 0, 1, 2});

  CHECK(s.result().value == doctest::Approx(12 * 4.0 / (4 + 4 + 8 + 12)).epsilon(1e-12));
  CHECK(s.mac_speed_up().value == doctest::Approx(1.5).epsilon(1e-12));
  CHECK(s.share(0) == metric{0.5, 4, true});
  CHECK(s.share(1) == metric{0.25, 4, true});
  CHECK(s.share(2) == metric{0.25, 4, true});
}

TEST_CASE("speed-up lies between that of the last and of the first exit") {
  std::mt19937 random(1);
  std::vector<int> exits(50);
  for (int& e : exits) e = static_cast<int>(random() % 3);

  const exit_speed_up s = of_exits(exits);

  CHECK(s.result().value > 1);
  CHECK(s.result().value < 3);
  CHECK(s.mac_speed_up().value > 120.0 / 130);
  CHECK(s.mac_speed_up().value < 120.0 / 50);
  CHECK(s.share(0).value + s.share(1).value + s.share(2).value ==
        doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("accuracy is that of the routed predictions, whole and per exit") {
  const std::vector<int> exits{0, 0, 1, 2, 2}, predicted{3, 1, 4, 1, 5}, labels{3, 1, 0, 1, 0};
  exit_speed_up s = fresh();

  s.update(exits, predicted, labels);

  CHECK(s.accuracy() == metric{0.6, 5, true});
  CHECK(s.accuracy(0) == metric{1, 2, true});
  CHECK(s.accuracy(1) == metric{0, 1, true});
  CHECK(s.accuracy(2) == metric{0.5, 2, true});
}

TEST_CASE("a sample without a label counts for the speed-up, not for the accuracy") {
  const std::vector<int> exits{0, 2}, predicted{7, -1}, labels{7, -1};
  exit_speed_up s = fresh();

  s.update(exits, predicted, labels);

  CHECK(s.result() == metric{1.5, 2, true});
  CHECK(s.accuracy() == metric{1, 1, true});
  CHECK_FALSE(s.accuracy(2).valid);
}

TEST_CASE("logits predict their largest class, the lowest of several; 255 has no label there") {
  const std::vector<int> exits{0, 1, 2, 2}, labels{1, 0, 1, 255}, predicted{1, 0, 0, 0},
      known{1, 0, 1, -1};
  const std::vector<float> logits{0, 2, 5, 1, 3, 3, 9, 0};
  exit_speed_up a = fresh(), b = fresh();

  a.update(exits, logits, labels);
  b.update(exits, predicted, known);

  CHECK(a == b);
  CHECK(a.accuracy().value == doctest::Approx(2.0 / 3).epsilon(1e-12));
}

TEST_CASE("counts of MACs may be larger than what fits in 64 bits when summed") {
  const std::vector<int> one{1};
  const std::vector<std::int64_t> huge{std::int64_t{1} << 62};
  const std::vector<int> zeros(8, 0);
  exit_speed_up s(one, huge, std::int64_t{1} << 62);

  s.update(zeros, zeros, zeros);

  CHECK(s.mac_speed_up() == metric{1, 8, true});
}

TEST_CASE("nothing counted is not valid") {
  exit_speed_up s = fresh();

  s.update(std::span<const int>(), std::span<const int>(), {});
  s.update(std::span<const int>(), std::span<const float>(), {});

  CHECK(s.result() == metric{});
  CHECK(s.mac_speed_up() == metric{});
  CHECK(s.share(0) == metric{});
  CHECK(s.accuracy() == metric{});
  CHECK(s.accuracy(0) == metric{});
}

TEST_CASE("shards merged in any order are one pass, bit for bit") {
  std::mt19937 random(2);
  std::vector<int> exits(33), predicted(33), labels(33);
  for (std::size_t i = 0; i < 33; ++i) {
    exits[i] = static_cast<int>(random() % 3);
    predicted[i] = static_cast<int>(random() % 4);
    labels[i] = static_cast<int>(random() % 5) - 1;
  }
  exit_speed_up whole = fresh();
  whole.update(exits, predicted, labels);
  std::array<exit_speed_up, 3> shards{fresh(), fresh(), fresh()};
  const std::array<std::size_t, 4> cut{0, 5, 6, 33};
  for (std::size_t s = 0; s < 3; ++s) {
    const std::size_t n = cut[s + 1] - cut[s];
    shards[s].update(std::span<const int>(exits).subspan(cut[s], n),
                     std::span<const int>(predicted).subspan(cut[s], n),
                     std::span<const int>(labels).subspan(cut[s], n));
  }

  merge_in_every_order(shards, fresh(), [&](const exit_speed_up& s) {
    CHECK(s == whole);
    CHECK(s.result() == whole.result());
  });
}

TEST_CASE("what does not fit is an error and counts nothing") {
  const std::vector<int> exits{0, 2}, good{0, 1}, one{0}, no_exit{0, 3}, negative{-1, 0},
      bad_label{0, -2}, beyond{0, 2};
  const std::vector<float> logits{1, 0, 0, 1},
      nan{1, 0, 0, std::numeric_limits<float>::quiet_NaN()};
  exit_speed_up s = fresh();
  s.update(exits, good, good);
  const exit_speed_up before = s;
  const std::vector<std::int64_t> other_macs{50, 90, 131};

  CHECK_THROWS_AS(s.update(one, good, good), error);
  CHECK_THROWS_AS(s.update(exits, one, good), error);
  CHECK_THROWS_AS(s.update(exits, good, one), error);
  CHECK_THROWS_AS(s.update(no_exit, good, good), error);
  CHECK_THROWS_AS(s.update(negative, good, good), error);
  CHECK_THROWS_AS(s.update(exits, good, bad_label), error);
  CHECK_THROWS_AS(s.update(exits, nan, good), error);
  CHECK_THROWS_AS(s.update(exits, logits, beyond), error);
  CHECK_THROWS_AS(s.update(no_exit, logits, good), error);
  CHECK_THROWS_AS(s.update(exits, std::span(logits).first(3), good), error);
  CHECK_THROWS_AS(s.merge(exit_speed_up(layers, other_macs, 120)), error);
  CHECK_THROWS_AS(s.merge(exit_speed_up(layers, macs, 121)), error);
  CHECK_THROWS_AS(s.share(3), error);
  CHECK_THROWS_AS(s.accuracy(-1), error);

  CHECK(s == before);
}

TEST_CASE("layers and MACs that no network has are errors") {
  const std::vector<int> zero{0, 8, 12}, equal{4, 4, 12}, falling{8, 4, 12}, none;
  const std::vector<std::int64_t> two{50, 90}, no_cost{0, 90, 130}, cheaper{50, 40, 130}, no_macs;

  CHECK_THROWS_AS(exit_speed_up(none, no_macs, 120), error);
  CHECK_THROWS_AS(exit_speed_up(zero, macs, 120), error);
  CHECK_THROWS_AS(exit_speed_up(equal, macs, 120), error);
  CHECK_THROWS_AS(exit_speed_up(falling, macs, 120), error);
  CHECK_THROWS_AS(exit_speed_up(layers, two, 120), error);
  CHECK_THROWS_AS(exit_speed_up(layers, no_cost, 120), error);
  CHECK_THROWS_AS(exit_speed_up(layers, cheaper, 120), error);
  CHECK_THROWS_AS(exit_speed_up(layers, macs, 0), error);
}
