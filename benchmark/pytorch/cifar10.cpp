// tessera's side of cifar10.py, which states the recipe: prints test accuracy in percent and the
// seconds of training.
//     build/benchmark/pytorch_cifar10 SEED THREADS [EPOCHS]

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include <tessera/data/cifar10.hpp>
#include <tessera/data/random_resized_crop.hpp>
#include <tessera/data/sampler.hpp>
#include <tessera/metrics/top_k.hpp>
#include <tessera/model/transfer.hpp>
#include <tessera/tensor/thread_pool.hpp>
#include <tessera/tessera.hpp>
#include <tessera/train/schedule.hpp>
#include <tessera/zoo/vit.hpp>

namespace ts = tessera;

namespace {

constexpr int batch_size = 128;
constexpr auto& mean = ts::cifar10_set::mean;
constexpr auto& stddev = ts::cifar10_set::stddev;
using vit = ts::zoo::vit_cifar10_patch4_32;
using step = ts::train<vit, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;

struct labelled {
  std::vector<float> images;
  std::vector<std::int32_t> labels;
  void resize(std::size_t count) {
    images.resize(count * ts::cifar10_set::image_size);
    labels.resize(count);
  }
};

// Crops and mirrors depend on (seed, epoch, image) alone.
void augment(const ts::cifar10_set& set, std::span<const int> indices, ts::random_key seed,
             std::uint64_t epoch, labelled& out) {
  constexpr ts::rectangle_law law{0.5, 1.0, 3.0 / 4.0, 4.0 / 3.0};
  ts::resampler<float> resize(32, 32);
  std::vector<ts::rectangle> crops;
  std::vector<std::uint8_t> flip;
  for (const int i : indices) {
    crops.push_back(ts::draw_crop(32, 32, law, seed, epoch, static_cast<std::uint64_t>(i)));
    flip.push_back(ts::draw_flip(seed, epoch, static_cast<std::uint64_t>(i)));
  }
  out.resize(indices.size());
  ts::gather_crops(set.images(), indices, crops, mean, stddev, flip, resize, out.images);
  ts::gather_labels(set.labels, indices, out.labels);
}

double accuracy(const ts::weights<float>& w, const ts::cifar10_set& set, ts::thread_pool& pool) {
  ts::model<vit> net(0, &pool);
  ts::transfer(w, net.parameters());
  labelled batch;
  batch.resize(100);
  std::vector<int> indices(100);
  std::vector<float> logits(1000);
  ts::top_k right(1);
  for (int first = 0; first < static_cast<int>(set.size()); first += 100) {
    for (int i = 0; i < 100; ++i) indices[static_cast<std::size_t>(i)] = first + i;
    ts::gather_images(set.images(), indices, mean, stddev, batch.images);
    ts::gather_labels(set.labels, indices, batch.labels);
    net.forward(batch.images, logits);
    right.update(logits, batch.labels);
  }
  return 100 * right.result().value;
}

}  // namespace

int main(int count, char** values) try {
  if (count < 3) throw ts::error("pytorch_cifar10", "SEED THREADS [EPOCHS]", "less");
  const auto seed = std::strtoull(values[1], nullptr, 10);
  const int epochs = count > 3 ? std::atoi(values[3]) : 5;
  ts::thread_pool pool(std::atoi(values[2]));
  const auto found = ts::find_data("cifar-10-batches-bin");
  if (!found.path) throw ts::error("pytorch_cifar10", "CIFAR-10 (" + found.places() + ")", "none");
  const auto train = ts::load_cifar10(*found.path, ts::cifar10_split::train);
  const auto test = ts::load_cifar10(*found.path, ts::cifar10_split::test);
  std::vector<int> all(train.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);

  ts::trainer<step> run(seed, &pool);
  run.set("loss.0.smoothing", 0.1);
  ts::batch_sampler sampler(all, batch_size, seed);
  const double total = static_cast<double>(epochs) * sampler.batches();
  labelled batch;
  const auto start = std::chrono::steady_clock::now();
  for (int e = 0; e < epochs; ++e) {
    sampler.start(e);
    for (int b = 0; b < sampler.batches(); ++b) {
      augment(train, sampler.batch(b), seed, static_cast<std::uint64_t>(e), batch);
      const double t = static_cast<double>(run.steps() + 1);
      run.set("optimizer.lr", ts::warmup_cosine(t, sampler.batches(), total, 1e-3));
      run.step(batch.images, batch.labels);
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%.2f %.1f\n", accuracy(run.parameters(), test, pool), seconds.count());
} catch (const ts::error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
