// tessera's side of speed.py, which starts it and asks in turns with PyTorch. Reads lines from the
// standard input and answers each with one:
//     check CASE          the logits of one image, or the losses of three training steps
//     time CASE SECONDS   calls, seconds
//     peak                GFLOP/s of register-only multiply-adds, all threads
// Weights and inputs are those of test/support/formula.hpp.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <tessera/tensor/thread_pool.hpp>
#include <tessera/tessera.hpp>
#include <tessera/zoo/vit.hpp>

#include "../ops/calibration.hpp"
#include "support/golden.hpp"

namespace ts = tessera;

namespace {

struct measured_case {
  std::function<std::vector<double>()> check;
  std::function<void()> call;
};

template <class A>
measured_case inference(ts::thread_pool& pool) {
  struct state {
    ts::model<A> net;
    std::vector<float> image, logits;
  };
  constexpr ts::shape in = A::input_shape();
  auto s = std::make_shared<state>(
      state{ts::model<A>(0, &pool),
            golden::filled<float>("input", {1, in.dims[0], in.dims[1], in.dims[2]}), {}});
  s->logits.resize(static_cast<std::size_t>(s->net.output_size()));
  golden::fill_weights(s->net.parameters());
  const auto call = [s] { s->net.forward(s->image, s->logits); };
  return {[=] { return call(), std::vector<double>(s->logits.begin(), s->logits.end()); }, call};
}

template <class A>
measured_case training(ts::thread_pool& pool, int batch) {
  using step = ts::train<A, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;
  struct state {
    ts::trainer<step> run;
    std::vector<float> images;
    std::vector<std::int32_t> labels;
  };
  constexpr ts::shape in = A::input_shape();
  auto s = std::make_shared<state>(
      state{ts::trainer<step>(0, &pool),
            golden::filled<float>("input", {batch, in.dims[0], in.dims[1], in.dims[2]}),
            golden::labels(batch, 10)});
  golden::fill_weights(s->run.parameters());
  const auto call = [s] { return s->run.step(s->images, s->labels); };
  return {[=] {
            const double first = call(), second = call();
            return std::vector<double>{first, second, call()};
          },
          [=] { call(); }};
}

}  // namespace

int main(int count, char** values) try {
  ts::thread_pool pool(count > 1 ? std::atoi(values[1]) : 1);
  std::map<std::string, measured_case> cases;
  cases["small_vit_training"] = training<ts::zoo::vit_cifar10_patch4_32>(pool, 128);
  cases["small_vit"] = inference<ts::zoo::vit_cifar10_patch4_32>(pool);
  cases["vit_tiny"] = inference<ts::zoo::vit_tiny_patch16_224>(pool);
  cases["vit_base"] = inference<ts::zoo::vit_base_patch16_224>(pool);
  std::string verb, name;
  while (std::cin >> verb) {
    if (verb == "peak") {
      calibration::rate best;
      for (int i = 0; i < 20; ++i)
        best = calibration::best_of(best, calibration::measured([&] {
                                      return calibration::register_operations(pool);
                                    }));
      std::cout << 1e-9 * best.wall << std::endl;
      continue;
    }
    std::cin >> name;
    const auto at = cases.find(name);
    if (at == cases.end()) throw ts::error("pytorch_speed", "one of its cases", name);
    if (verb == "check") {
      std::cout.precision(9);
      for (const double x : at->second.check()) std::cout << x << ' ';
      std::cout << std::endl;
      continue;
    }
    double wanted = 0;
    std::cin >> wanted;
    long long calls = 0;
    const auto start = std::chrono::steady_clock::now();
    std::chrono::duration<double> passed{0};
    do {
      at->second.call();
      ++calls;
      passed = std::chrono::steady_clock::now() - start;
    } while (passed.count() < wanted);
    std::cout << calls << ' ' << passed.count() << std::endl;
  }
} catch (const ts::error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
