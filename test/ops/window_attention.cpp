#include <doctest/doctest.h>

#include <cmath>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::uneven;

namespace {

constexpr double ln3 = 1.0986122886681098;

// Windows of T tokens of one channel that ask nothing: each token averages the values of its band.
template <class T>
std::vector<T> values_only(std::initializer_list<double> v) {
  std::vector<T> x;
  for (const double value : v) x.insert(x.end(), {T(0), T(0), static_cast<T>(value)});
  return x;
}

}  // namespace

TEST_CASE_TEMPLATE("attention in a window that is the whole grid is attention", T, float, double) {
  const auto x = uneven<T>(2 * 6 * 12);

  const auto plain = call<T>(2).sample({6, 12}, x).attributes({2}).template run<"attention">();
  const auto unbiased = call<T>(2)
                            .sample({6, 12}, x)
                            .absent()
                            .attributes({2})
                            .template run<"window_attention">();
  const auto zero = call<T>(2)
                        .sample({6, 12}, x)
                        .weight({2, 6, 6}, std::vector<T>(72))
                        .attributes({2, 1, 1, 2})
                        .template run<"window_attention">();

  CHECK(unbiased.out(0) == plain.out(0));
  CHECK(unbiased.out(1) == plain.out(1));
  CHECK(zero.out(0) == plain.out(0));
}

TEST_CASE("a bias common to all keys changes nothing but the log-sum-exp") {
  const auto x = uneven<double>(2 * 3 * 6);

  const auto plain = call<double>(2).sample({3, 6}, x).attributes({2}).run<"attention">();
  const auto raised = call<double>(2)
                          .sample({3, 6}, x)
                          .weight({2, 3, 3}, std::vector<double>(18, 4.0))
                          .attributes({2})
                          .run<"window_attention">();

  CHECK(distance(raised.out(0), plain.out(0)) < 1e-14);
  CHECK(raised.out(1)[5] == doctest::Approx(plain.out(1)[5] + 4).epsilon(1e-14));
}

TEST_CASE_TEMPLATE("the bias of a head is added to its logits, in every window", T, float, double) {
  // Two windows of two tokens, two heads. Head 0: bias (0, ln 3; 0, 0). Head 1: (ln 3, 0; 0, 0).
  const std::vector<T> window{0, 0, 0, 0, 4, 4, 0, 0, 0, 0, 8, 8};
  std::vector<T> x = window;
  x.insert(x.end(), window.begin(), window.end());
  const auto y = call<T>()
                     .sample({2, 6}, x, 2)
                     .weight({2, 2, 2}, {0, ln3, 0, 0, ln3, 0, 0, 0})
                     .attributes({2, 2, 1, 1})
                     .template run<"window_attention">();

  CHECK(distance(y.out(0), {7, 5, 6, 6, 7, 5, 6, 6}) < 1e-6);
}

TEST_CASE("shifted windows see no token from beyond the edge that the roll made") {
  // 4 x 4 cells in 2 x 2 windows, shifted by one: (down, across) = windows of 1 2 / 3 4.
  const auto x = values_only<double>({1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4});
  const auto run = [&](int down, int across) {
    return call<double>()
        .sample({4, 3}, x, 4)
        .absent()
        .attributes({1, 2, 2, 2, down, across})
        .run<"window_attention">()
        .out(0);
  };
  const double all = 2.5;

  CHECK(distance(run(1, 1), std::vector<double>{all, all, all, all, 2, 3, 2, 3, 1.5, 1.5, 3.5, 3.5,
                                                1, 2, 3, 4}) < 1e-15);
  CHECK(distance(run(1, 0), std::vector<double>{all, all, all, all, all, all, all, all, 1.5, 1.5,
                                                3.5, 3.5, 1.5, 1.5, 3.5, 3.5}) < 1e-15);
  CHECK(distance(run(0, 1), std::vector<double>{all, all, all, all, 2, 3, 2, 3, all, all, all, all,
                                                2, 3, 2, 3}) < 1e-15);
}

TEST_CASE("the band of a shifted window is as high as the shift") {
  const auto y = call<double>(2)
                     .sample({4, 3}, values_only<double>({1, 2, 3, 4, 1, 2, 3, 8}))
                     .absent()
                     .attributes({1, 1, 1, 4, 1, 0})
                     .run<"window_attention">();

  CHECK(distance(y.out(0), {2, 2, 2, 4, 2, 2, 2, 8}) < 1e-15);
}

TEST_CASE("the mask of a shifted window is -100 on the logit") {
  // One token of each band; the first asks for the second with a logit of 100.
  const auto y = call<double>()
                     .sample({2, 3}, {100, 0, 4, 0, 1, 8})
                     .absent()
                     .attributes({1, 1, 1, 2, 1, 0})
                     .run<"window_attention">();

  CHECK(y.out(0)[0] == doctest::Approx(6).epsilon(1e-14));
  CHECK(y.out(1)[0] == doctest::Approx(std::log(2.0)).epsilon(1e-14));
}

TEST_CASE("the gradient of the bias sums over windows and samples and adds onto what is there") {
  const auto x = uneven<double>(6 * 3 * 6), dy = uneven<double>(6 * 3 * 2, 4);
  const auto bias = uneven<double>(18, 7);
  const auto gradient = [&](std::int64_t batch, int k, int from, std::vector<double> before) {
    const auto rows = static_cast<std::ptrdiff_t>(batch * k * 3);
    const std::vector<double> part(x.begin() + from * 18, x.begin() + from * 18 + rows * 6);
    const auto y = call<double>(batch).sample({3, 6}, part, k).weight({2, 3, 3}, bias)
                       .attributes({2, k, 1, 3}).run<"window_attention">();
    return call<double>(batch)
        .sample({3, 2}, {dy.begin() + from * 6, dy.begin() + from * 6 + rows * 2}, k)
        .sample({3, 6}, part, k)
        .weight({2, 3, 3}, bias)
        .sample({3, 2}, y.out(0), k)
        .sample({2, 3}, y.out(1), k)
        .attributes({2, k, 1, 3})
        .add_onto(1, before)
        .run<"window_attention_gradient">()
        .out(1);
  };
  const std::vector<double> zeros(18);

  const auto all = gradient(2, 3, 0, zeros);
  const auto parts = gradient(1, 1, 5, gradient(1, 2, 3, gradient(1, 3, 0, zeros)));

  CHECK(distance(all, parts) < 1e-14);
}

TEST_CASE("decomposed attention adds what the query says to the rows between tokens") {
  // Two tokens below each other, four channels; the query is not divided by the root of four.
  const auto attend = [](std::initializer_list<double> down, std::initializer_list<double> across,
                         int height) {
    return call<double>()
        .sample({2, 12}, {1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 5})
        .weight({2 * height - 1, 4}, down)
        .weight({2 * (2 / height) - 1, 4}, across)
        .attributes({1, height})
        .run<"decomposed_attention">()
        .out(0);
  };
  const std::initializer_list<double> none{0, 0, 0, 0}, rows{ln3, 9, 9, 9, 0, 9, 9, 9, 0, 9, 9, 9};

  CHECK(distance(attend(rows, none, 2), {7, 0, 0, 4, 6, 0, 0, 3}) < 1e-14);
  CHECK(distance(attend(none, rows, 1), {7, 0, 0, 4, 6, 0, 0, 3}) < 1e-14);
}

TEST_CASE("decomposed attention without positions is attention") {
  const auto x = uneven<double>(2 * 6 * 12);

  const auto plain = call<double>(2).sample({6, 12}, x).attributes({2}).run<"attention">();
  const auto y = call<double>(2)
                     .sample({6, 12}, x)
                     .weight({3, 2}, std::vector<double>(6))
                     .weight({5, 2}, std::vector<double>(10))
                     .attributes({2, 2})
                     .run<"decomposed_attention">();

  CHECK(y.out(0) == plain.out(0));
  CHECK(y.out(1) == plain.out(1));
}

TEST_CASE("heads, windows and tables that do not fit are an issue of the graph") {
  const std::vector<double> x(4 * 12), four(16);
  const auto windows = [&](const ts::attributes& a) {
    call<double>().sample({4, 12}, x).weight({1, 4, 4}, four).attributes(a)
        .run<"window_attention">();
  };
  CHECK_NOTHROW(windows({1, 1, 1, 2, 1, 1}));
  CHECK_THROWS_AS(windows({2, 1, 1, 2, 1, 1}), ts::error);  // a bias of one head
  CHECK_THROWS_AS(windows({0}), ts::error);
  CHECK_THROWS_AS(windows({1, 0, 1, 2, 1, 1}), ts::error);
  CHECK_THROWS_AS(windows({1, 2, 1, 2, 1, 1}), ts::error);  // two windows, k = 1
  CHECK_THROWS_AS(windows({1, 1, 1, 3, 1, 1}), ts::error);
  CHECK_THROWS_AS(call<double>()
                      .sample({4, 12}, x)
                      .weight({3, 4}, std::vector<double>(12))
                      .weight({5, 4}, std::vector<double>(20))
                      .attributes({1, 2})
                      .run<"decomposed_attention">(),
                  ts::error);
}
