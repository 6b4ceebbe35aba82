#include "tessera/federated/fed_avg.hpp"
#include "tessera/tensor/philox.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace ts = tessera;
using ts::over;
using ts::scope;
using ts::slice;
using ts::slice_kind;
using ts::verdict;

namespace {

template <class T>
using buffer = std::vector<T>;

const std::vector<scope> everyone = {{"*", over::all}};

std::vector<slice> one_slice(int n) { return {{"w", {n}, 0, n}}; }

template <class T>
buffer<T> noise(int n, std::uint64_t seed) {
  buffer<T> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = ts::normal<T>(seed, 0, 0, 0, i);
  return x;
}

template <class T>
ts::client_update<T> answer(int client, double samples, const buffer<T>& values,
                            const std::vector<slice>& table, int group = 0,
                            std::int64_t round = 0) {
  return {client, group, round, samples, values, table};
}

template <class T, class A = ts::aggregate::fed_avg>
ts::aggregation_report run(buffer<T>& global, const std::vector<slice>& table,
                           const std::vector<ts::client_update<T>>& updates,
                           const std::vector<scope>& scopes = everyone,
                           const ts::aggregation_rules& rules = {}) {
  return ts::aggregate_round<A, T>(std::span<T>(global), table, updates, scopes, rules);
}

template <class T>
bool same_bits(const buffer<T>& a, const buffer<T>& b) {
  const auto bytes = [](const buffer<T>& x) { return std::as_bytes(std::span(x)); };
  return std::ranges::equal(bytes(a), bytes(b));
}

// An aggregator from outside: the middle value of each coordinate, three clients at least.
struct middle_of_three {
  static constexpr int min_clients = 3;

  template <class T>
  static void combine(const ts::cohort<T>& c) {
    for (const slice* s : c.slices) {
      for (std::int64_t i = s->offset; i < s->offset + s->size; ++i) {
        const auto at = static_cast<std::size_t>(i);
        std::array<T, 3> x{c.clients[0][at], c.clients[1][at], c.clients[2][at]};
        std::sort(x.begin(), x.end());
        c.global[at] = x[1];
      }
    }
  }
};

static_assert(ts::aggregator<ts::aggregate::fed_avg> && ts::aggregator<middle_of_three, double>);
static_assert(!ts::aggregator<int>);

}  // namespace

TEST_CASE_TEMPLATE("one client is copied bit for bit", T, float, double) {
  const auto table = one_slice(1537);
  buffer<T> global = noise<T>(1537, 1), local = noise<T>(1537, 2);
  local[0] = T(-0.0);
  local[1] = std::numeric_limits<T>::denorm_min();
  local[2] = std::numeric_limits<T>::max();
  global[1] = std::numeric_limits<T>::max();

  const auto report = run<T>(global, table, {answer(4, 7.0, local, table)});

  CHECK(same_bits(global, local));
  CHECK(report.status == ts::round_status::updated);
  CHECK(report.accepted() == 1);
  CHECK(report.samples == 7);
}

TEST_CASE_TEMPLATE("agreement is a fixed point", T, float, double) {
  const auto table = one_slice(700);
  buffer<T> global = noise<T>(700, 1);
  const buffer<T> local = noise<T>(700, 2);

  run<T>(
      global, table,
      {answer(0, 3.0, local, table), answer(1, 7.0, local, table), answer(2, 0.1, local, table)});

  CHECK(same_bits(global, local));
}

TEST_CASE_TEMPLATE("100 and 300 samples mix as 0.25 and 0.75 exactly", T, float, double) {
  const auto table = one_slice(4);
  buffer<T> global(4, T(9));
  const buffer<T> a = {4, -8, 0, 1}, b = {8, 4, 4, T(-1)};

  run<T>(global, table, {answer(0, 100.0, a, table), answer(1, 300.0, b, table)});

  CHECK(global == buffer<T>{7, 1, 3, T(-0.5)});
}

TEST_CASE("the mean follows the formula w + sum p_i (w_i - w)") {
  const int n = 1000;
  const auto table = one_slice(n);
  const auto old = noise<float>(n, 1), a = noise<float>(n, 2), b = noise<float>(n, 3),
             c = noise<float>(n, 4);
  auto global = old;

  run<float>(global, table,
             {answer(0, 5, a, table), answer(1, 11, b, table), answer(2, 17, c, table)});

  double worst = 0;
  for (std::size_t i = 0; i < old.size(); ++i) {
    const double w = old[i];
    const double expected = w + (5 * (a[i] - w) + 11 * (b[i] - w) + 17 * (c[i] - w)) / 33;
    worst = std::max(worst, std::abs(global[i] - expected));
  }
  CHECK(worst < 4 * 0x1p-24);  // half a unit in the last place of a value below 8
}

TEST_CASE("the order of clients is irrelevant, bit for bit") {
  const int n = 600;
  const auto table = one_slice(n);
  std::vector<buffer<float>> local;
  std::vector<ts::client_update<float>> updates;
  for (int i = 0; i < 7; ++i) local.push_back(noise<float>(n, 20 + std::uint64_t(i)));
  for (int i = 0; i < 7; ++i)
    updates.push_back(answer(i, 1.0 + i * i, local[std::size_t(i)], table));
  buffer<float> forward(n), backward(n);

  run<float>(forward, table, updates);
  std::reverse(updates.begin(), updates.end());
  run<float>(backward, table, updates);

  CHECK(same_bits(forward, backward));
}

TEST_CASE_TEMPLATE("the largest numbers average without overflow", T, float, double) {
  const T top = std::numeric_limits<T>::max();
  const auto table = one_slice(2);
  buffer<T> global(2);
  const buffer<T> a = {top, top}, b = {top, -top};

  run<T>(global, table,
         {answer(0, 0.1, a, table), answer(1, 0.2, b, table), answer(2, 0.7, a, table)});

  CHECK(global[0] == top);
  CHECK(std::isfinite(global[1]));
}

TEST_CASE("blocks are averaged inside a group and all else over all clients") {
  const std::vector<slice> table = {
      {"patch.weight", {1}, 0, 1}, {"blocks.0.w", {1, 2}, 1, 2}, {"decoder_blocks.0.w", {1}, 3, 1}};
  const std::vector<scope> scopes = {{"blocks.*", over::group}, {"*", over::all}};
  std::vector<buffer<float>> global(3, {0, 5, 5, 0});
  const buffer<float> a = {1, 10, 20, 4}, b = {3, 30, 40, 8}, c = {8, 100, 200, 0};
  const std::vector<ts::client_update<float>> updates = {
      answer(0, 1, a, table, 0), answer(1, 1, b, table, 0), answer(2, 2, c, table, 1)};
  const std::vector<std::span<float>> buffers(global.begin(), global.end());

  const auto report = ts::aggregate_round<ts::aggregate::fed_avg, float>(
      std::span<const std::span<float>>(buffers), table, updates, scopes);

  CHECK(global[0] == buffer<float>{5, 20, 30, 3});    // shared: 1/4 1/4 1/2, block: 1/2 1/2
  CHECK(global[1] == buffer<float>{5, 100, 200, 3});  // the one client of its group
  CHECK(global[2] == buffer<float>{5, 5, 5, 3});      // nobody: the block stays
  CHECK(report.group_clients == std::vector<int>{2, 1, 0});
  CHECK(report.status == ts::round_status::partial);
}

TEST_CASE("one group with group scopes equals plain averaging over all") {
  const int n = 64;
  const std::vector<slice> table = {{"blocks.w", {32}, 0, 32}, {"head", {32}, 32, 32}};
  const auto a = noise<float>(n, 5), b = noise<float>(n, 6);
  const std::vector<ts::client_update<float>> updates = {answer(0, 3, a, table),
                                                         answer(1, 4, b, table)};
  buffer<float> grouped(n), plain(n);

  run<float>(grouped, table, updates, {{"blocks.*", over::group}, {"*", over::all}});
  run<float>(plain, table, updates);

  CHECK(same_bits(grouped, plain));
}

TEST_CASE("frozen slices, kept state, local slices and gaps are not touched") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<slice> table = {{"w", {1}, 0, 1},
                                    {"pos", {1}, 1, 1, slice_kind::frozen},
                                    {"bn.var", {1}, 2, 1, slice_kind::state},
                                    {"norm.weight", {1}, 3, 1}};
  const std::vector<scope> scopes = {{"norm.*", over::client}, {"*", over::all}};
  const buffer<float> a = {4, nan, nan, nan, nan}, b = {6, nan, 8, nan, nan}, c = {8, 0, 2, 0, 0};
  buffer<float> kept = {0, 1, 2, 3, 4}, averaged = kept;

  const auto r = run<float>(kept, table, {answer(0, 1, a, table), answer(1, 1, b, table)}, scopes);
  run<float>(averaged, table, {answer(1, 1, b, table), answer(2, 1, c, table)}, scopes,
             {.state = ts::state_rule::average});

  CHECK(r.accepted() == 2);  // what takes no part may hold anything
  CHECK(kept == buffer<float>{5, 1, 2, 3, 4});
  CHECK(averaged == buffer<float>{7, 1, 5, 3, 4});
}

TEST_CASE("rejected clients are named and change nothing") {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const int n = 6;
  const auto table = one_slice(n);
  const auto good = noise<float>(n, 1), other = noise<float>(n, 2);
  auto with_nan = good, with_inf = good;
  with_nan[5] = float(nan);
  with_inf[0] = float(-inf);
  const buffer<float> shorter(5), nothing;
  std::vector<slice> renamed = table, reshaped = table, other_kind = table, longer = table;
  renamed[0].name = "v";
  reshaped[0].shape = {2, 3};
  other_kind[0].kind = slice_kind::frozen;
  longer.push_back({"x", {1}, 1 << 30, std::int64_t{1} << 60});
  const std::vector<ts::client_update<float>> updates = {
      answer(1, 2, good, table, 0, 3),       answer(2, 3, other, table, 0, 3),
      answer(3, 0, good, table, 0, 3),       answer(-1, 1, good, table, 0, 3),
      answer(4, 1, good, table, 1, 3),       answer(5, 1, good, table, -1, 3),
      answer(6, 1, good, table, 0, 2),       answer(7, 1, good, table, 0, 4),
      answer(8, -1, good, table, 0, 3),      answer(9, nan, good, table, 0, 3),
      answer(10, inf, good, table, 0, 3),    answer(11, 1e9, good, table, 0, 3),
      answer(12, 1e-320, good, table, 0, 3), answer(13, 1, good, renamed, 0, 3),
      answer(14, 1, good, reshaped, 0, 3),   answer(15, 1, good, other_kind, 0, 3),
      answer(16, 1, good, longer, 0, 3),     answer(17, 1, good, {}, 0, 3),
      answer(18, 1, shorter, table, 0, 3),   answer(19, 1, nothing, table, 0, 3),
      answer(20, 1, with_nan, table, 0, 3),  answer(21, 1, with_inf, table, 0, 3),
      answer(1, 1, other, table, 0, 3),      answer(20, 1, nothing, table, 0, 3)};
  const std::vector<verdict> expected = {
      verdict::accepted,    verdict::accepted,    verdict::empty,           verdict::bad_client,
      verdict::bad_group,   verdict::bad_group,   verdict::stale_round,     verdict::future_round,
      verdict::bad_samples, verdict::bad_samples, verdict::bad_samples,     verdict::bad_samples,
      verdict::bad_samples, verdict::bad_table,   verdict::bad_table,       verdict::bad_table,
      verdict::bad_table,   verdict::bad_table,   verdict::bad_table,       verdict::bad_table,
      verdict::not_finite,  verdict::not_finite,  verdict::repeated_client, verdict::bad_table};
  buffer<float> all(n), only_good(n);

  const auto report = run<float>(all, table, updates, everyone, {.round = 3});
  run<float>(only_good, table, {updates[0], updates[1]}, everyone, {.round = 3});

  CHECK(same_bits(all, only_good));
  REQUIRE(report.clients.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(ts::to_string(report.clients[i].result) == ts::to_string(expected[i]));
    CHECK(report.clients[i].client == updates[i].client);
  }
  CHECK(report.accepted() == 2);
  CHECK(report.rejected() == 21);
  CHECK(report.samples == 5);
}

TEST_CASE("a rejected answer does not use up its client's turn") {
  const auto table = one_slice(1);
  const buffer<float> bad = {std::numeric_limits<float>::infinity()}, good = {2};
  buffer<float> global = {0};

  const auto report =
      run<float>(global, table, {answer(5, 1, bad, table), answer(5, 1, good, table)});

  CHECK(report.clients[0].result == verdict::not_finite);
  CHECK(report.clients[1].result == verdict::accepted);
  CHECK(global[0] == 2);
}

TEST_CASE("a round without usable clients changes nothing and says so") {
  const auto table = one_slice(2);
  const buffer<float> local = {1, 2};
  buffer<float> global = {3, 4};

  const auto nobody = run<float>(global, table, {});
  const auto empty = run<float>(global, table, {answer(0, 0, local, table)});
  const auto bad = run<float>(global, table, {answer(0, -1, local, table)});

  CHECK(nobody.status == ts::round_status::unchanged);
  CHECK(empty.status == ts::round_status::unchanged);
  CHECK(empty.rejected() == 0);
  CHECK(bad.status == ts::round_status::unchanged);
  CHECK(bad.rejected() == 1);
  CHECK(global == buffer<float>{3, 4});
}

TEST_CASE("a slice without a scope throws before anything is written") {
  const std::vector<slice> table = {{"blocks.w", {1}, 0, 1}, {"head", {1}, 1, 1}};
  const buffer<float> local = {1, 2};
  buffer<float> global = {3, 4};

  CHECK_THROWS_AS(
      run<float>(global, table, {answer(0, 1, local, table)}, {{"blocks.*", over::group}}),
      ts::error);
  CHECK(global == buffer<float>{3, 4});
}

TEST_CASE("a server table that does not fit its buffer is an error") {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::vector<slice>> tables = {
      {{"w", {5}, 0, 5}},     // longer than the buffer
      {{"w", {1}, 4, 1}},     // begins after it
      {{"w", {1}, -1, 1}},    // begins before it
      {{"w", {1}, huge, 1}},  // offset + size overflows
      {{"w", {1}, 0, huge}},
      {{"w", {2, 2}, 0, 3}},  // shape and size differ
      {{"w", {-1, -4}, 0, 4}},
      {{"w", {1 << 30, 1 << 30, 1 << 30, 0}, 0, 1}},
      {{"w", {3}, 0, 3}, {"v", {2}, 2, 2}},  // overlap
  };
  buffer<float> global(4);

  for (std::size_t i = 0; i < tables.size(); ++i) {
    CAPTURE(i);
    CHECK_THROWS_AS(run<float>(global, tables[i], {}), ts::error);
  }
  CHECK_NOTHROW(run<float>(global, {{"w", {2, 2}, 0, 4}, {"none", {0, 9}, 4, 0}}, {}));
}

TEST_CASE("server buffers of unequal size, none at all, or a bad bound are errors") {
  const auto table = one_slice(2);
  buffer<float> a(2), b(3);
  const std::vector<std::span<float>> unequal = {a, b}, none;
  const std::vector<ts::client_update<float>> updates;
  using fed_avg = ts::aggregate::fed_avg;

  for (const auto& globals : {unequal, none}) {
    CHECK_THROWS_AS((ts::aggregate_round<fed_avg, float>(std::span<const std::span<float>>(globals),
                                                         table, updates, everyone)),
                    ts::error);
  }
  for (const double bound : {0.0, -1.0, 1e300, std::nan("")}) {
    CHECK_THROWS_AS(run<float>(a, table, {}, everyone, {.max_samples = bound}), ts::error);
  }
}

TEST_CASE("an aggregator from outside takes part like the built-in one") {
  const auto table = one_slice(2);
  const buffer<float> x = {1, 9}, y = {2, -5}, z = {1000, 0};
  buffer<float> global = {7, 7};

  const auto two =
      run<float, middle_of_three>(global, table, {answer(0, 1, x, table), answer(1, 1, y, table)});
  CHECK(two.status == ts::round_status::unchanged);
  CHECK(global == buffer<float>{7, 7});

  const auto three = run<float, middle_of_three>(
      global, table, {answer(0, 1, x, table), answer(1, 1, y, table), answer(2, 1, z, table)});
  CHECK(three.status == ts::round_status::updated);
  CHECK(global == buffer<float>{2, 0});
}

TEST_CASE("federated averaging of a quadratic drifts as computed by hand") {
  // f1 = x^2 / 2, f2 = 3/2 (x - 4)^2, rate 0.1: one local step per round finds 3, ten steps drift
  // to 2.3948445 (the fixed point of w = ((0.9^k) w + 4 - (4 - w) (0.7^k)) / 2).
  for (const int steps : {1, 10}) {
    const auto table = one_slice(1);
    buffer<double> global = {0};

    for (int round = 0; round < 400; ++round) {
      buffer<double> a = global, b = global;
      for (int k = 0; k < steps; ++k) {
        a[0] -= 0.1 * a[0];
        b[0] -= 0.1 * 3 * (b[0] - 4);
      }
      run<double>(global, table,
                  {answer(0, 1, a, table, 0, round), answer(1, 1, b, table, 0, round)}, everyone,
                  {.round = round});
    }

    CHECK(global[0] == doctest::Approx(steps == 1 ? 3.0 : 2.3948445).epsilon(1e-8));
  }
}
