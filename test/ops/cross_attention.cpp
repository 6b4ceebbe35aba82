#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::uneven;

TEST_CASE_TEMPLATE("cross_attention averages values of one sequence by queries of another", T,
                   float, double) {
  // Keys 0, 0, ln 2 with values 4, 8, 2. Query 0: the mean. Query 1: (1/4, 1/4, 1/2).
  const double ln2 = 0.69314718055994531;
  const auto y = call<T>()
                     .sample({2, 1}, {0, 1})
                     .sample({3, 2}, {0, 4, 0, 8, ln2, 2})
                     .attributes({1})
                     .template run<"cross_attention">();

  CHECK(distance(y.out(0), {14.0 / 3, 4}) < 1e-6);
  CHECK(distance(y.out(1), {1.0986122886681098, 2 * ln2}) < 1e-6);
}

TEST_CASE_TEMPLATE("cross_attention of a sequence with itself is attention", T, float, double) {
  const auto x = uneven<T>(2 * 5 * 18);
  std::vector<T> q, kv;
  for (auto row = x.begin(); row != x.end(); row += 18) {
    q.insert(q.end(), row, row + 6);
    kv.insert(kv.end(), row + 6, row + 18);
  }

  const auto self = call<T>(2).sample({5, 18}, x).attributes({3}).template run<"attention">();
  const auto cross = call<T>(2)
                         .sample({5, 6}, q)
                         .sample({5, 12}, kv)
                         .attributes({3})
                         .template run<"cross_attention">();

  CHECK(cross.out(0) == self.out(0));
  CHECK(cross.out(1) == self.out(1));
}

TEST_CASE("the order of keys is irrelevant to cross_attention") {
  const std::vector<double> kv{0.5, 1, -1, 2, 1.5, 3}, turned{1.5, 3, 0.5, 1, -1, 2};
  const auto q = uneven<double>(4);

  const auto a =
      call<double>().sample({4, 1}, q).sample({3, 2}, kv).attributes({1}).run<"cross_attention">();
  const auto b = call<double>()
                     .sample({4, 1}, q)
                     .sample({3, 2}, turned)
                     .attributes({1})
                     .unread(1)
                     .run<"cross_attention">();

  CHECK(distance(a.out(0), b.out(0)) < 1e-15);
}

TEST_CASE("either gradient of cross_attention may go unread") {
  const auto q = uneven<double>(8), kv = uneven<double>(12, 3), dy = uneven<double>(8, 5);
  const auto y =
      call<double>().sample({4, 2}, q).sample({3, 4}, kv).attributes({2}).run<"cross_attention">();
  const auto gradients = [&](int unread) {
    call<double> c;
    c.sample({4, 2}, dy).sample({4, 2}, q).sample({3, 4}, kv).sample({4, 2}, y.out(0));
    c.sample({2, 4}, y.out(1)).attributes({2});
    if (unread >= 0) c.unread(unread);
    return c.run<"cross_attention_gradient">();
  };

  CHECK(gradients(1).out(0) == gradients(-1).out(0));
  CHECK(gradients(0).out(1) == gradients(-1).out(1));
}

TEST_CASE("queries, keys and heads that do not fit are an issue of the graph") {
  const auto attend = [](int width, int keys, int heads) {
    call<double>()
        .sample({2, width}, std::vector<double>(std::size_t(2 * width)))
        .sample({3, keys}, std::vector<double>(std::size_t(3 * keys)))
        .attributes({heads})
        .run<"cross_attention">();
  };
  CHECK_NOTHROW(attend(4, 8, 2));
  CHECK_THROWS_AS(attend(4, 4, 2), ts::error);
  CHECK_THROWS_AS(attend(4, 8, 3), ts::error);
  CHECK_THROWS_AS(attend(4, 8, 0), ts::error);
}
