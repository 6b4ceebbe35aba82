#include "tessera/arch/roofline.hpp"

#include <limits>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "tessera/arch/vit.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;

namespace {

template <int Depth>
using small = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>,
                      ts::depth<Depth>, ts::classes<3>>;
using step =
    ts::train<small<2>, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;

// y = x W^T, x (B, 8), W (4, 8): per sample 32 MACs, 8 and 4 floats; then y + y.
ts::graph product() {
  ts::graph g;
  const ts::value_id x = g.add_input("x", {1, 1, 1, {8}});
  const ts::value_id w = g.add_parameter("w", {4, 8}, ts::initialiser::zeros);
  const ts::value_id y = ts::emit<"linear">(g, {x, w, ts::absent});
  ts::emit<"add">(g, {y, y});
  return g;
}

int lines(const std::string& text) {
  int n = 0;
  for (char c : text) n += c == '\n';
  return n;
}

}  // namespace

TEST_CASE("a product on a slow memory is bound by it") {
  const auto r = ts::roofline_of(product(), 1e9, 1e6, 2);

  // 2 x 32 x 2 FLOP; 2 x 8 floats in, 32 of weights, 2 x 4 out.
  CHECK(r.rows[0].flops == 128);
  CHECK(r.rows[0].bytes == 4 * (16 + 32 + 8));
  CHECK(r.rows[0].intensity == doctest::Approx(128.0 / 224));
  CHECK(r.rows[0].attainable == doctest::Approx(128.0 / 224 * 1e6));
  CHECK(r.rows[0].seconds == doctest::Approx(224e-6));
  CHECK(!r.rows[0].compute_bound);
}

TEST_CASE("the same product on a fast memory is bound by the peak") {
  const auto r = ts::roofline_of(product(), 1e9, 1e12, 2);

  CHECK(r.rows[0].attainable == 1e9);
  CHECK(r.rows[0].seconds == doctest::Approx(128e-9));
  CHECK(r.rows[0].compute_bound);
}

TEST_CASE("an operand that is read twice moves once, and what does not multiply is memory-bound") {
  const auto r = ts::roofline_of(product(), 1e9, 1e12);

  CHECK(r.rows[1].bytes == 4 * (4 + 4));
  CHECK(r.rows[1].flops == 0);
  CHECK(r.rows[1].attainable == 0);
  CHECK(!r.rows[1].compute_bound);
}

TEST_CASE("the total is the sum of the nodes") {
  const auto r = ts::roofline<small<2>>(1e9, 1e9, 3);
  double flops = 0, bytes = 0, seconds = 0;
  for (const auto& row : r.rows) flops += row.flops, bytes += row.bytes, seconds += row.seconds;

  CHECK(r.total.flops == flops);
  CHECK(r.total.flops == 2.0 * 3 * ts::macs<small<2>>);
  CHECK(r.total.bytes == bytes);
  CHECK(r.total.seconds == seconds);
  CHECK(r.total.attainable == doctest::Approx(flops / seconds));
}

TEST_CASE("a larger batch reads its weights once, so that it takes less per sample") {
  const double one = ts::roofline<small<2>>(1e12, 1e9, 1).total.seconds;
  const double ten = ts::roofline<small<2>>(1e12, 1e9, 10).total.seconds;

  CHECK(ten > one);
  CHECK(ten < 10 * one);
}

TEST_CASE("an update moves whole flat buffers") {
  const auto r = ts::roofline<step>(1e12, 1e9);

  CHECK(r.rows.back().op == "adamw");
  // weights, gradients and both moments in, weights out
  CHECK(r.rows.back().bytes == 5 * 4.0 * ts::parameters<small<2>>);
}

TEST_CASE("the table folds equal blocks and is aligned") {
  const std::string twelve = ts::roofline_text(ts::roofline<small<12>>(1e12, 1e11));
  const std::string one = ts::roofline_text(ts::roofline<small<1>>(1e12, 1e11));

  CHECK(lines(twelve) == lines(one) + 1);
  std::istringstream stream(one);
  std::string s;
  std::getline(stream, s);
  const std::size_t length = s.size();
  while (std::getline(stream, s)) CHECK(s.size() == length);
}

TEST_CASE("three digits of a number, or all before the point") {
  CHECK(ts::detail::short_number(12345.6) == "12346");
  CHECK(ts::detail::short_number(12.345) == "12.3");
  CHECK(ts::detail::short_number(1.2345) == "1.23");
  CHECK(ts::detail::short_number(0.0123) == "0.012");
  CHECK(ts::detail::short_number(1e300) == "1.00e+300");
  CHECK(ts::detail::short_number(1.5e-6) == "1.50e-06");
}

TEST_CASE("a machine without speed is an error") {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  for (const double bad : {0.0, -1.0, infinite, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(ts::roofline<small<1>>(bad, 1e9), ts::error);
    CHECK_THROWS_AS(ts::roofline<small<1>>(1e9, bad), ts::error);
  }
  CHECK_THROWS_AS(ts::roofline<small<1>>(1e9, 1e9, 0), ts::error);
}
