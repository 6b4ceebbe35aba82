#pragma once
// What the demo needs around tessera: CIFAR-10 in memory, training loops with progress, rows of its
// table.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <tessera/arch/print.hpp>
#include <tessera/data/cifar10.hpp>
#include <tessera/federated/cascade.hpp>
#include <tessera/federated/simulation.hpp>
#include <tessera/io/progress.hpp>
#include <tessera/model/exits.hpp>
#include <tessera/tessera.hpp>
#include <tessera/train/schedule.hpp>

namespace ts = tessera;

namespace demo {

inline constexpr int few_labels = 2'000;  // the images after those of the clients
inline constexpr int first_label = 16'000;

struct settings {
  int rounds = 8, epochs = 15;
  std::uint64_t seed = 1;
  settings(int count, char** values) {
    if (count > 1) rounds = std::atoi(values[1]);
    if (count > 2) epochs = std::atoi(values[2]);
    if (count > 3) seed = std::strtoull(values[3], nullptr, 10);
    if (rounds < 1 || epochs < 1) throw ts::error("demo", "rounds and epochs from 1", "less");
  }
};

class data {
 public:
  data() {
    const auto found = ts::find_data("cifar-10-batches-bin");
    if (!found.path) throw ts::error("demo", "CIFAR-10 (" + found.places() + ")", "none");
    train = ts::load_cifar10(*found.path, ts::cifar10_split::train);
    test = ts::load_cifar10(*found.path, ts::cifar10_split::test);
  }
  std::vector<int> labels(int count) const {
    return {train.labels.begin(), train.labels.begin() + count};
  }
  // Normalised; mirrored left to right with probability one half.
  void fill(std::span<const int> indices, ts::random_key key, std::uint64_t pass,
            std::span<float> images) const {
    std::vector<std::uint8_t> flip(indices.size());
    for (std::size_t i = 0; i < flip.size(); ++i)
      flip[i] = ts::bits(key, pass, ts::site_hash("flip"), static_cast<std::uint64_t>(indices[i]), 0) & 1u;
    ts::gather_images(train.images(), indices, ts::cifar10_set::mean, ts::cifar10_set::stddev, flip,
                      images);
  }
  ts::batch_source<float> source() const {
    return [this](std::span<const int> indices, ts::random_key key, std::uint64_t pass,
                  std::span<float> images, std::span<std::int32_t>) {
      fill(indices, key, pass, images);
    };
  }
  ts::cifar10_set train, test;
};

template <class Simulation>
void pretrain(Simulation& clients, int rounds) {
  ts::progress line("pre-train", 1000 * rounds);
  std::vector<double> losses;
  for (int r = 0; r < rounds; ++r) {
    clients.watch([&](int done, int all, double loss) {
      line.update(1000 * r + 1000 * done / all, "loss " + std::to_string(loss).substr(0, 6));
    });
    losses.push_back(clients.round().loss);
  }
  line.finish("loss " + std::to_string(losses.back()).substr(0, 6));
  std::printf("   masked reconstruction loss per round:");
  for (double l : losses) std::printf(" %.3f", l);
  std::printf("  (predicting the mean: 0.979)\n");
}

// Trains on the few labels: batches of 100, warm-up and cosine.
template <class Trainer>
void fit(Trainer& run, const data& d, const settings& s, const char* what, int epochs, double peak) {
  std::vector<int> own(few_labels);
  for (int i = 0; i < few_labels; ++i) own[static_cast<std::size_t>(i)] = first_label + i;
  ts::batch_sampler sampler(own, 100, s.seed);
  ts::progress line(what, epochs * sampler.batches());
  std::vector<float> images(100 * ts::cifar10_set::image_size);
  std::vector<std::int32_t> labels(100);
  double loss = 0;
  for (int e = 0; e < epochs; ++e) {
    sampler.start(e);
    for (int b = 0; b < sampler.batches(); ++b) {
      const auto indices = sampler.batch(b);
      d.fill(indices, s.seed, static_cast<std::uint64_t>(e), images);
      ts::gather_labels(d.train.labels, indices, labels);
      const int step = e * sampler.batches() + b, all = epochs * sampler.batches();
      run.set("optimizer.lr", ts::warmup_cosine(step + 1, 0.1 * all, all, peak));
      loss = run.step(images, labels);
      line.update(step + 1, "loss " + std::to_string(loss).substr(0, 6));
    }
  }
  line.finish("loss " + std::to_string(loss).substr(0, 6));
}

inline int arg_max(const float* logits) {
  int best = 0;
  for (int k = 1; k < 10; ++k)
    if (logits[k] > logits[best]) best = k;
  return best;
}

// f(images, logits) over the test set in batches of 100: accuracy and seconds.
template <class F>
std::pair<double, double> test(const data& d, const F& f) {
  std::vector<int> indices(100);
  std::vector<float> images(100 * ts::cifar10_set::image_size), logits(1'000);
  int right = 0;
  double seconds = 0;
  for (int first = 0; first < 10'000; first += 100) {
    for (int i = 0; i < 100; ++i) indices[static_cast<std::size_t>(i)] = first + i;
    ts::gather_images(d.test.images(), indices, ts::cifar10_set::mean, ts::cifar10_set::stddev, images);
    const auto start = std::chrono::steady_clock::now();
    f(images, logits);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (int i = 0; i < 100; ++i)
      right += arg_max(logits.data() + 10 * i) == d.test.labels[static_cast<std::size_t>(first + i)];
  }
  return {right / 100.0, seconds};
}

template <class A>
void row(const char* what, const ts::weights<float>& w, const data& d) {
  ts::model<A> net;
  ts::transfer(w, net.parameters());
  const auto [accuracy, seconds] = test(d, [&](auto& images, auto& logits) { net.forward(images, logits); });
  std::printf("  %-42s %7.2f %% %11s %11.1f %9.2f\n", what, accuracy, "-", 100 * seconds,
              1e-6 * double(ts::macs<A>));
}

template <class A>
void row_with_exit(const std::string& what, const ts::weights<float>& w, const data& d, double threshold) {
  ts::exit_runner<A> serve(w);
  std::vector<int> exits(100);
  int left = 0;
  double macs = 0;
  const auto [accuracy, seconds] = test(d, [&](auto& images, auto& logits) {
    serve.run(images, threshold, logits, exits);
    for (int e : exits) left += e < A::exits, macs += double(serve.macs(e));
  });
  std::printf("  %-42s %7.2f %% %9.1f %% %11.1f %9.2f\n", what.c_str(), accuracy, left / 100.0, 100 * seconds,
              1e-6 * macs / 10'000);
}

}  // namespace demo
