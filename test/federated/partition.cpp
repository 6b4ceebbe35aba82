#include "tessera/federated/partition.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

namespace ts = tessera;

namespace {

// Labels 0..classes-1 in turn.
std::vector<int> balanced(int samples, int classes) {
  std::vector<int> labels(static_cast<std::size_t>(samples));
  for (int i = 0; i < samples; ++i) labels[static_cast<std::size_t>(i)] = i % classes;
  return labels;
}

bool covers_once(const ts::client_indices& lists, std::size_t samples) {
  std::vector<int> seen(samples, 0);
  for (const auto& list : lists) {
    if (!std::is_sorted(list.begin(), list.end())) return false;
    for (const int i : list) ++seen.at(static_cast<std::size_t>(i));
  }
  return std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; });
}

// Mean over classes of the largest share that one client holds: 1/N if even, 1 if each class has
// one owner.
double skew(const ts::client_indices& lists, const std::vector<int>& labels, int classes) {
  double sum = 0;
  for (int c = 0; c < classes; ++c) {
    double most = 0, all = 0;
    for (const auto& list : lists) {
      const auto n = static_cast<double>(std::count_if(list.begin(), list.end(), [&](int i) {
        return labels[static_cast<std::size_t>(i)] == c;
      }));
      most = std::max(most, n);
      all += n;
    }
    sum += most / all;
  }
  return sum / classes;
}

}  // namespace

TEST_CASE("iid covers every index once with lists of nearly equal length") {
  for (const int clients : {1, 3, 7, 100}) {
    const auto lists = ts::partition::iid(100, clients, 5);

    CHECK(covers_once(lists, 100));
    CHECK(lists.size() == static_cast<std::size_t>(clients));
    for (const auto& list : lists) {
      CHECK(std::abs(static_cast<double>(list.size()) - 100.0 / clients) < 1);
    }
  }
  CHECK(ts::partition::iid(100, 3, 5) == ts::partition::iid(100, 3, 5));
  CHECK(ts::partition::iid(100, 3, 5) != ts::partition::iid(100, 3, 6));
  CHECK(covers_once(ts::partition::iid(2, 5, 5), 2));
  CHECK(ts::partition::iid(0, 2, 5) == ts::client_indices(2));
}

TEST_CASE("dirichlet covers every index once, repeats for a seed and differs between seeds") {
  const auto labels = balanced(1003, 10);

  for (const double alpha : {1e-300, 0.01, 0.5, 1.0, 100.0, 1e300}) {
    const auto lists = ts::partition::dirichlet(labels, 8, alpha, 3, 0);

    CHECK(lists.size() == 8);
    CHECK(covers_once(lists, labels.size()));
    CHECK(lists == ts::partition::dirichlet(labels, 8, alpha, 3, 0));
    CHECK(lists != ts::partition::dirichlet(labels, 8, alpha, 4, 0));
  }
  CHECK(covers_once(ts::partition::dirichlet(labels, 1, 0.1, 3), labels.size()));
}

TEST_CASE("dirichlet gets more skewed as alpha falls, from even shares to one owner per class") {
  const auto labels = balanced(4000, 20);
  double previous = 0;

  for (const double alpha : {1e6, 10.0, 1.0, 0.1, 0.01}) {
    const double now = skew(ts::partition::dirichlet(labels, 5, alpha, 1, 0), labels, 20);
    CHECK(now > previous);
    previous = now;
  }

  const double even = skew(ts::partition::dirichlet(labels, 5, 1e12, 1, 0), labels, 20);
  CHECK(even <= 41.0 / 200);  // 200 images of a class over 5 clients, cuts rounded down
  CHECK(skew(ts::partition::dirichlet(labels, 5, 1e-300, 1, 0), labels, 20) == 1);
}

TEST_CASE("dirichlet owners at tiny alpha are spread over the clients") {
  const auto labels = balanced(2000, 200);

  const auto lists = ts::partition::dirichlet(labels, 4, 1e-200, 1, 0);

  for (const auto& list : lists) CHECK(list.size() > 2000 / 8);  // 50 owned classes, s.d. 6
}

TEST_CASE("shares of the Dirichlet law have its mean and variance") {
  // One share of Dir_4(alpha): mean 1/4, variance (1/4)(3/4) / (4 alpha + 1).
  for (const double alpha : {0.2, 1.0, 5.0}) {
    const int draws = 20000;
    std::vector<double> shares(4);
    double sum = 0, squares = 0;

    for (int i = 0; i < draws; ++i) {
      ts::detail::dirichlet_shares(shares, alpha, 17, 0, static_cast<std::uint64_t>(i));
      sum += shares[1];
      squares += (shares[1] - 0.25) * (shares[1] - 0.25);
    }

    const double variance = 3.0 / 16 / (4 * alpha + 1);
    CHECK(std::abs(sum / draws - 0.25) < 5 * std::sqrt(variance / draws));
    CHECK(squares / draws == doctest::Approx(variance).epsilon(0.05));
  }
}

TEST_CASE("gamma variables have the mean and variance of their shape") {
  for (const double shape : {0.3, 1.0, 2.5, 40.0}) {
    const int draws = 20000;
    double sum = 0, squares = 0;

    for (int i = 0; i < draws; ++i) {
      const double g = std::exp(
          ts::detail::log_gamma_variate(shape, 18, 0, 0, 0, static_cast<std::uint64_t>(i)));
      sum += g;
      squares += (g - shape) * (g - shape);
    }

    CHECK(std::abs(sum / draws - shape) < 5 * std::sqrt(shape / draws));
    CHECK(squares / draws == doctest::Approx(shape).epsilon(0.1));
  }
}

TEST_CASE("dirichlet redraws until each client has enough, or says that it cannot") {
  const auto labels = balanced(600, 10);

  const auto lists = ts::partition::dirichlet(labels, 5, 0.5, 2, 20);
  for (const auto& list : lists) CHECK(list.size() >= 20);

  // Ten classes of one owner each cannot reach twenty clients.
  CHECK_THROWS_AS(ts::partition::dirichlet(labels, 20, 1e-9, 2, 1), ts::error);
  CHECK_THROWS_AS(ts::partition::dirichlet(labels, 61, 1.0, 2), ts::error);  // 610 > 600
}

TEST_CASE("shards give every client a few classes and cover every index once") {
  const auto labels = balanced(1200, 10);

  const auto lists = ts::partition::shards(labels, 20, 2, 9);

  CHECK(covers_once(lists, labels.size()));
  for (const auto& list : lists) {
    std::set<int> classes;
    for (const int i : list) classes.insert(labels[static_cast<std::size_t>(i)]);
    CHECK(list.size() == 60);
    CHECK(classes.size() <= 2);  // 40 shards of 30 lie inside classes of 120
  }
  CHECK(lists == ts::partition::shards(labels, 20, 2, 9));
  CHECK(lists != ts::partition::shards(labels, 20, 2, 10));
  CHECK(covers_once(ts::partition::shards(balanced(101, 3), 7, 3, 9), 101));
}

TEST_CASE("labels may be any non-negative numbers") {
  const int top = std::numeric_limits<int>::max();
  const std::vector<int> labels = {top, 5, top, 5, 0, top};

  CHECK(covers_once(ts::partition::dirichlet(labels, 2, 1.0, 1, 0), 6));
  CHECK(covers_once(ts::partition::shards(labels, 3, 2, 1), 6));
}

TEST_CASE("arguments out of range are errors") {
  const auto labels = balanced(100, 10);
  const std::vector<int> negative = {0, 1, -1};
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();

  CHECK_THROWS_AS(ts::partition::iid(-1, 2, 1), ts::error);
  CHECK_THROWS_AS(ts::partition::iid(10, 0, 1), ts::error);
  for (const double alpha : {0.0, -1.0, nan, inf, 1e-310}) {
    CHECK_THROWS_AS(ts::partition::dirichlet(labels, 2, alpha, 1), ts::error);
  }
  CHECK_THROWS_AS(ts::partition::dirichlet(labels, 0, 1.0, 1), ts::error);
  CHECK_THROWS_AS(ts::partition::dirichlet(labels, 2, 1.0, 1, -1), ts::error);
  CHECK_THROWS_AS(ts::partition::dirichlet(labels, 2000000000, 1.0, 1), ts::error);
  CHECK_THROWS_AS(ts::partition::dirichlet(negative, 1, 1.0, 1, 0), ts::error);
  CHECK_THROWS_AS(ts::partition::shards(negative, 1, 1, 1), ts::error);
  CHECK_THROWS_AS(ts::partition::shards(labels, 51, 2, 1), ts::error);
  CHECK_THROWS_AS(ts::partition::shards(labels, 10, 0, 1), ts::error);
  CHECK_THROWS_AS(ts::partition::shards(labels, 2000000000, 2000000000, 1), ts::error);
}
