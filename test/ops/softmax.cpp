#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

namespace {

const double ln3 = 1.0986122886681098, ln4 = 1.3862943611198906;

}

TEST_CASE_TEMPLATE("softmax divides exp(x / T) by its sum over the row", T, float, double) {
  const auto y = call<T>(2).sample({2}, {0, ln3, 7, 7}).setting(1).template run<"softmax">();
  const auto warm = call<T>().sample({2}, {0, 2 * ln3}).setting(2).template run<"softmax">();

  CHECK(distance(y.out(0), {0.25, 0.75, 0.5, 0.5}) < 1e-7);
  CHECK(distance(warm.out(0), {0.25, 0.75}) < 1e-7);
}

TEST_CASE_TEMPLATE("log_softmax is x / T minus the log of that sum", T, float, double) {
  const auto y = call<T>(2).sample({2}, {0, ln3, 7, 7}).setting(1).template run<"log_softmax">();
  const auto warm = call<T>().sample({2}, {0, 2 * ln3}).setting(2).template run<"log_softmax">();

  CHECK(distance(y.out(0), {-ln4, ln3 - ln4, -0.69314718055994531, -0.69314718055994531}) < 1e-6);
  CHECK(distance(warm.out(0), {-ln4, ln3 - ln4}) < 1e-6);
}

TEST_CASE_TEMPLATE("the gradients of softmax and log_softmax have hand-worked values", T, float,
                   double) {
  // y . dy = (1 + 3 * 2) / 4 = 1.75; (1 - 1.75) / 4 and 3 (2 - 1.75) / 4, each over T = 2.
  const auto d = call<T>()
                     .sample({2}, {1, 2})
                     .sample({2}, {0.25, 0.75})
                     .setting(2)
                     .template run<"softmax_gradient">();
  // 1 - 3 / 4 and 2 - 3 * 3 / 4.
  const auto log = call<T>()
                       .sample({2}, {1, 2})
                       .sample({2}, {-ln4, ln3 - ln4})
                       .setting(2)
                       .template run<"log_softmax_gradient">();

  CHECK(distance(d.out(0), {-0.09375, 0.09375}) < 1e-7);
  CHECK(distance(log.out(0), {0.125, -0.125}) < 1e-6);
}

TEST_CASE("softmax survives logits beyond the range of exp, and gives -infinity no probability") {
  const double none = -std::numeric_limits<double>::infinity();
  const auto y = call<double>(2).sample({2}, {-5000, 5000, none, 3}).setting(0.1).run<"softmax">();
  const auto log =
      call<double>(2).sample({2}, {-5000, 5000, none, 3}).setting(0.1).run<"log_softmax">();

  CHECK(y.out(0) == std::vector<double>{0, 1, 0, 1});
  CHECK(log.out(0) == std::vector<double>{-100000, 0, none, 0});
}

TEST_CASE("a temperature that is not above 0 is an error") {
  for (const double t : {0.0, -1.0, std::nan("")}) {
    CHECK_THROWS_AS(call<double>().sample({2}, {0, 1}).setting(t).run<"softmax">(), ts::error);
    CHECK_THROWS_AS(call<double>().sample({2}, {0, 1}).setting(t).run<"log_softmax">(), ts::error);
  }
}
