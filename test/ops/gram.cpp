#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

TEST_CASE_TEMPLATE("gram sums over tokens (D, D) or over channels (N, N), each sample for itself",
                   T, float, double) {
  // Tokens (1, 2), (3, 4), (0, 1) and their doubles.
  const std::vector<T> x{1, 2, 3, 4, 0, 1, 2, 4, 6, 8, 0, 2};

  const auto channels = call<T>(2).sample({3, 2}, x).template run<"gram">();
  const auto tokens = call<T>(2).sample({3, 2}, x).attributes({1}).template run<"gram">();

  CHECK(distance(channels.out(0), {10, 14, 14, 21, 40, 56, 56, 84}) == 0);
  CHECK(distance(tokens.out(0), {5, 11, 2, 11, 25, 4, 2, 4, 1, 20, 44, 8, 44, 100, 16, 8, 16, 4}) ==
        0);
  CHECK(channels.out_shape(0) == ts::shape{1, 1, 2, {2, 2}});
  CHECK(tokens.out_shape(0) == ts::shape{1, 1, 2, {3, 3}});
}

TEST_CASE_TEMPLATE("the gradient of gram takes both triangles of what arrives", T, float, double) {
  // dG + dG^T = (2, 5; 5, 8): x (2, 5; 5, 8) of the tokens (1, 2), (0, 1).
  const auto channels = call<T>()
                            .sample({2, 2}, {1, 2, 3, 4})
                            .sample({2, 2}, {1, 2, 0, 1})
                            .template run<"gram_gradient">();
  const auto tokens = call<T>()
                          .sample({2, 2}, {1, 2, 3, 4})
                          .sample({2, 2}, {1, 2, 0, 1})
                          .attributes({1})
                          .template run<"gram_gradient">();

  CHECK(distance(channels.out(0), {12, 21, 5, 8}) == 0);
  CHECK(distance(tokens.out(0), {2, 9, 5, 18}) == 0);
}
