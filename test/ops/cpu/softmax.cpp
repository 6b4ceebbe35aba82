#include "tessera/ops/cpu/kernels.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/call.hpp"
#include "tessera/tensor/thread_pool.hpp"

// softmax, log_softmax and dropout on the CPU against the reference in double, on every
// instruction set and with any number of threads.

namespace {

using support::call;
using support::uneven;
using tessera::isa, tessera::name;

isa set = isa::baseline;
tessera::thread_pool* pool = nullptr;
struct on_cpu;

std::vector<isa> sets() {
  std::vector<isa> all{isa::baseline};
  if (tessera::chosen_isa() >= isa::avx2) all.push_back(isa::avx2);
  if (tessera::chosen_isa() >= isa::avx3) all.push_back(isa::avx3);
  return all;
}

}  // namespace

template <tessera::name Op>
struct tessera::kernel<Op, on_cpu> {
  template <class T>
  static void run(const arguments& a) {
    arguments with_pool = a;
    with_pool.pool = pool;
    cpu_kernels::kernel<Op>::template run<op_key{}>(with_pool, set);
  }
};

namespace {

// make(T()) -> call<T> with one result. The worst distance from the reference over the largest
// element, infinite where threads change a bit.
template <name Op, class Make>
double worst_of(const Make& make) {
  const auto want = make(double()).template run<Op>().out(0);
  double largest = 1, worst = 0;
  for (const double x : want) largest = std::fmax(largest, std::fabs(x));
  static tessera::thread_pool three(3);
  for (const isa s : sets()) {
    set = s, pool = nullptr;
    const auto alone = make(float()).template run<Op, on_cpu>().out(0);
    const std::vector<double> got(alone.begin(), alone.end());
    worst = std::fmax(worst, support::distance(got, want) / largest);
    pool = &three;
    if (make(float()).template run<Op, on_cpu>().out(0) != alone) worst = INFINITY;
  }
  return worst;
}

constexpr int widths[] = {1, 3, 17, 31, 32, 33, 65, 197, 1000};

}  // namespace

TEST_CASE("softmax, log_softmax and their gradients on the CPU are those of the reference") {
  for (const int batch : {1, 3})
    for (const int w : widths)
      for (const double temperature : {1.0, 0.25}) {
        const int rows = 41, n = batch * rows * w;
        INFO("width " << w << ", batch " << batch << ", temperature " << temperature);
        const auto forward = [&]<class T>(T) {
          return call<T>(batch).sample({rows, w}, uneven<T>(n)).setting(temperature);
        };
        auto soft = forward(double()), log = forward(double());
        soft.run<"softmax">(), log.run<"log_softmax">();
        const auto backward = [&](const std::vector<double>& y) {
          return [&]<class T>(T) {
            return call<T>(batch)
                .sample({rows, w}, uneven<T>(n, 4))
                .sample({rows, w}, std::vector<T>(y.begin(), y.end()))
                .setting(temperature);
          };
        };

        CHECK(worst_of<"softmax">(forward) <= 2e-6);
        CHECK(worst_of<"log_softmax">(forward) <= 2e-6);
        CHECK(worst_of<"softmax_gradient">(backward(soft.out(0))) <= 2e-6);
        CHECK(worst_of<"log_softmax_gradient">(backward(log.out(0))) <= 2e-6);
      }
}

TEST_CASE("softmax and log_softmax on the CPU keep their digits far from zero") {
  const auto far = [&]<class T>(T) {
    std::vector<T> x = uneven<T>(3 * 37);
    for (T& v : x) v += T(20000);
    return call<T>(3).sample({37}, x).setting(1);
  };

  CHECK(worst_of<"softmax">(far) <= 1e-6);
  CHECK(worst_of<"log_softmax">(far) <= 1e-6);
  const auto huge = [&]<class T>(T) {
    return call<T>().sample({3}, {T(2e38), T(1e38), 0}).setting(0.5);
  };
  CHECK(worst_of<"softmax">(huge) <= 1e-6);
  set = isa::baseline;
  CHECK_THROWS_AS((call<float>().sample({2}, {0, 1}).setting(1e-39).run<"softmax", on_cpu>()),
                  tessera::error);
  CHECK_THROWS_AS((call<float>().sample({2}, {0, 1}).setting(0).run<"softmax", on_cpu>()),
                  tessera::error);
}

TEST_CASE("dropout on the CPU drops what the reference drops, odd widths and copies too") {
  for (const double p : {0.0, 0.1, 0.5, 1.0})
    for (const int w : {1, 3, 4, 7, 1000, 40'009})
      for (const int copies : {1, 2}) {
        INFO("width " << w << ", copies " << copies << ", p " << p);
        CHECK(worst_of<"dropout">([&]<class T>(T) {
                return call<T>(3)
                    .sample({w}, uneven<T>(3 * copies * w), copies)
                    .setting(p)
                    .random(5, 2, 9)
                    .ids({70, 8, 31});
              }) <= 1e-6);
      }
}

TEST_CASE("dropout at 0 on the CPU is exactly the identity, other p are errors") {
  std::vector<float> x = uneven<float>(37);
  x[5] = 0.1f;
  const auto run = [&](double p) {
    return call<float>().sample({37}, x).setting(p).run<"dropout", on_cpu>().out(0);
  };

  CHECK(run(0) == x);
  CHECK_THROWS_AS(run(1.5), tessera::error);
  CHECK_THROWS_AS(run(std::nan("")), tessera::error);
}
