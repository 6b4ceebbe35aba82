#include <doctest/doctest.h>

#include <thread>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/model/make_model.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace ts = tessera;
using golden::filled;

namespace {

using net_on_cpu = ts::model<micro::vit, ts::cpu, float>;

std::vector<float> logits_of(ts::predictor<float>& net, const std::vector<float>& images) {
  std::vector<float> y(images.size() / (3 * 32 * 32) * 10);
  net.forward(images, y);
  return y;
}

}  // namespace

TEST_CASE("results do not depend on the number of threads") {
  const auto images = filled<float>("input", {5, 3, 32, 32});
  std::vector<std::vector<float>> found;
  for (const int threads : {1, 2, 3, 7}) {
    ts::thread_pool pool(threads);
    net_on_cpu net(7, &pool);
    found.push_back(logits_of(net, images));
  }

  for (const auto& y : found) CHECK(y == found[0]);
}

TEST_CASE("a sample's logits do not depend on the rest of its batch, whatever came before") {
  const auto images = filled<float>("input", {5, 3, 32, 32});
  net_on_cpu net(7);
  const auto all = logits_of(net, images);

  for (const int batch : {3, 1, 5, 2}) {
    const std::vector<float> some(images.begin(), images.begin() + batch * 3 * 32 * 32);
    const auto y = logits_of(net, some);
    const std::vector<float> expected(all.begin(), all.begin() + batch * 10);
    CHECK(y == expected);
  }
}

TEST_CASE("sessions on several threads share one set of weights and agree") {
  ts::thread_pool pool(3);
  const net_on_cpu net(7, &pool);
  const auto images = filled<float>("input", {2, 3, 32, 32});
  std::vector<std::vector<float>> found(4, std::vector<float>(20));

  std::vector<std::thread> threads;
  for (auto& y : found)
    threads.emplace_back([&] {
      net_on_cpu session(net, &pool);
      for (int i = 0; i < 10; ++i) session.forward(images, y);
    });
  for (auto& t : threads) t.join();

  CHECK(golden::largest({found[0].begin(), found[0].end()}) > 0);
  for (const auto& y : found) CHECK(y == found[0]);
}

TEST_CASE("a change of shared weights is seen by every session") {
  net_on_cpu net(7);
  net_on_cpu session(net, nullptr);
  const auto images = filled<float>("input", {1, 3, 32, 32});
  const auto before = logits_of(session, images);

  net.parameters()["head.bias"][3] += 1;
  const auto after = logits_of(session, images);

  CHECK(after[3] == doctest::Approx(before[3] + 1));
  CHECK(after[4] == before[4]);
}

TEST_CASE("batches that do not fit are refused") {
  ts::model<micro::vit, ts::reference, float> net;
  std::vector<float> y(10), images(3 * 32 * 32 + 1);

  CHECK_THROWS_AS(net.forward(images, y), ts::error);
  CHECK_THROWS_AS(net.forward({}, y), ts::error);
  CHECK_THROWS_AS(
      net.forward(std::span<const float>(images).first(3 * 32 * 32), std::span<float>(y).first(9)),
      ts::error);
  CHECK_THROWS_AS(net.forward(std::span<const float>(images).first(3 * 32 * 32),
                              std::span<const float>(images).first(64), y),
                  ts::error);
  CHECK_NOTHROW(net.forward(std::span<const float>(images).first(3 * 32 * 32), y));
}
