#include "tessera/federated/simulation.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tessera/federated/cascade.hpp"
#include "tessera/tessera.hpp"

namespace ts = tessera;

namespace {

using client = ts::vit<ts::image<8>, ts::patch<2>, ts::width<16>, ts::heads<2>, ts::depth<1>,
                       ts::classes<4>>;
using auto_encoder = ts::mae<client, ts::decoder<ts::width<8>, ts::depth<1>, ts::heads<2>>,
                             ts::mask::random<3, 4>>;
using pretrain = ts::train<auto_encoder, ts::adamw,
                           ts::term<ts::weight<1>, ts::loss::masked_reconstruction>>;
using grouped = ts::federation<pretrain, ts::batch_size<4>, ts::shared<"blocks.*", ts::over::group>>;
using plain = ts::federation<pretrain, ts::batch_size<4>>;
using forgetful = ts::federation<pretrain, ts::batch_size<4>, ts::optimizer_state::fresh>;

constexpr std::size_t each = 3 * 8 * 8;

void fill(std::span<const int> indices, ts::random_key, std::uint64_t, std::span<float> images,
          std::span<std::int32_t>) {
  for (std::size_t b = 0; b < indices.size(); ++b)
    for (std::size_t i = 0; i < each; ++i)
      images[b * each + i] =
          2 * ts::uniform(5, 0, 1, static_cast<std::uint64_t>(indices[b]), i) - 1;
}

ts::client_indices clients_of(std::vector<int> sizes) {
  ts::client_indices clients;
  int next = 0;
  for (int n : sizes) {
    clients.emplace_back();
    for (int i = 0; i < n; ++i) clients.back().push_back(next++);
  }
  return clients;
}

template <class Federation>
ts::simulation<Federation> simulate(std::vector<int> sizes, std::vector<int> groups = {}) {
  return {clients_of(std::move(sizes)), std::move(groups), fill, 3};
}

}  // namespace

TEST_CASE("a federation of one client is training by itself, bit for bit") {
  auto alone = simulate<plain>({10});
  ts::trainer<pretrain> central(3);
  ts::batch_sampler sampler(clients_of({10})[0], 4, 3, 0);

  for (int r = 0; r < 3; ++r) alone.round();
  for (int r = 0; r < 3; ++r) {
    sampler.start(r);
    for (int b = 0; b < sampler.batches(); ++b) {
      const auto indices = sampler.batch(b);
      std::vector<float> images(indices.size() * each);
      fill(indices, {}, 0, images, {});
      const std::vector<std::int64_t> samples(indices.begin(), indices.end());
      central.step(images, {}, samples);
    }
  }

  CHECK(alone.server().values == central.parameters().values);
}

TEST_CASE("optimizer state that is forgotten between rounds trains otherwise than state that is kept") {
  auto kept = simulate<plain>({10});
  auto fresh = simulate<forgetful>({10});

  for (int r = 0; r < 2; ++r) kept.round(), fresh.round();

  CHECK(kept.server().values != fresh.server().values);
}

TEST_CASE("after a round blocks agree inside a group, everything else over all groups") {
  auto fed = simulate<grouped>({6, 6, 6, 6}, {0, 1, 0, 1});
  const auto start = fed.server(0);

  fed.round();

  const auto a = fed.server(0), b = fed.server(1);
  for (const ts::slice& s : a.table) {
    const auto x = a[s.name], y = b[s.name];
    const bool same = std::equal(x.begin(), x.end(), y.begin());
    CHECK_MESSAGE(same == !s.name.starts_with("blocks."), s.name);
  }
  const auto before = start["blocks.0.mlp.fc1.weight"], after = a["blocks.0.mlp.fc1.weight"];
  CHECK(!std::equal(before.begin(), before.end(), after.begin()));
}

TEST_CASE("the meter counts 4 bytes a weight, down and up, for every selected client") {
  auto fed = simulate<grouped>({6, 6, 6, 6}, {0, 1, 0, 1});

  const ts::round_report report = fed.round();

  CHECK(report.selected == 4);
  CHECK(report.sent.total() == 4 * 2 * 4 * ts::trainable_parameters<auto_encoder>);
  CHECK(fed.sent().total() == report.sent.total());
}

TEST_CASE("a client without images is skipped and weighs nothing") {
  auto fed = simulate<plain>({6, 0});
  ts::trainer<pretrain> central(3);
  ts::batch_sampler sampler(clients_of({6})[0], 4, 3, 0);

  const ts::round_report report = fed.round();
  for (int b = 0; b < sampler.batches(); ++b) {
    const auto indices = sampler.batch(b);
    std::vector<float> images(indices.size() * each);
    fill(indices, {}, 0, images, {});
    const std::vector<std::int64_t> samples(indices.begin(), indices.end());
    central.step(images, {}, samples);
  }

  CHECK(report.aggregation.count(ts::verdict::empty) == 1);
  CHECK(report.aggregation.accepted() == 1);
  CHECK(fed.server().values == central.parameters().values);
}

TEST_CASE("a federation whose clients have no image changes nothing and says so") {
  auto fed = simulate<plain>({0, 0});
  const auto before = fed.server().values;

  const ts::round_report report = fed.round();

  CHECK(report.aggregation.status == ts::round_status::unchanged);
  CHECK(fed.server().values == before);
  CHECK(report.loss == 0);
}

TEST_CASE("rounds lower the masked reconstruction loss") {
  auto fed = simulate<plain>({16, 16});
  fed.schedule([](double) { return 5e-3; });

  const double first = fed.round().loss;
  double last = first;
  for (int r = 0; r < 15; ++r) last = fed.round().loss;

  CHECK(last < 0.98 * first);
}

TEST_CASE("groups that do not fit the clients are refused") {
  CHECK_THROWS_AS(simulate<plain>({}), ts::error);
  CHECK_THROWS_AS(simulate<plain>({4, 4}, {0}), ts::error);
  CHECK_THROWS_AS(simulate<plain>({4, 4}, {0, -1}), ts::error);
  CHECK_THROWS_AS(simulate<plain>({4, 4}, {0, 2}), ts::error);
}

TEST_CASE("a client whose images are not finite is refused by name; the round goes on without it") {
  const auto poisoned = [](std::span<const int> indices, ts::random_key k, std::uint64_t pass,
                           std::span<float> images, std::span<std::int32_t> labels) {
    fill(indices, k, pass, images, labels);
    if (indices[0] >= 6) images[7] = std::numeric_limits<float>::quiet_NaN();
  };
  ts::simulation<plain> fed(clients_of({6, 6}), {}, poisoned, 3),
      good(clients_of({6}), {}, fill, 3);

  const ts::round_report report = fed.round();
  good.round();

  CHECK(report.aggregation.count(ts::verdict::not_finite) == 1);
  CHECK(report.aggregation.clients[1].result == ts::verdict::not_finite);
  CHECK(fed.server().values == good.server().values);
}

TEST_CASE("slices that stay with their client train there and never reach the server") {
  using personal = ts::federation<pretrain, ts::batch_size<4>, ts::shared<"*", ts::over::client>>;
  auto fed = simulate<personal>({8});
  const auto start = fed.server().values;

  fed.schedule([](double) { return 5e-3; });
  const double first = fed.round().loss;
  double last = first;
  for (int r = 0; r < 15; ++r) last = fed.round().loss;

  CHECK(last < 0.98 * first);
  CHECK(fed.server().values == start);
  CHECK(fed.sent().total() == 0);
}

TEST_CASE("masks are fresh in every round, also where the optimizer forgets") {
  auto fed = simulate<forgetful>({4});
  fed.schedule([](double) { return 0.0; });

  const double first = fed.round().loss, second = fed.round().loss;

  CHECK(first != second);
}

TEST_CASE("running statistics reach the server unless a word keeps them out") {
  using labelled = ts::train<ts::early_exit<ts::vit<ts::image<8>, ts::patch<2>, ts::width<16>,
                                                    ts::heads<2>, ts::depth<2>, ts::classes<4>>,
                                            ts::exit_at<1, ts::exit_head::local_perception<1>>>,
                             ts::adamw,
                             ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>>;
  using averaged = ts::federation<labelled, ts::batch_size<4>>;
  using kept = ts::federation<labelled, ts::batch_size<4>, ts::running_state::keep>;
  const auto with_labels = [](std::span<const int> indices, ts::random_key k, std::uint64_t pass,
                              std::span<float> images, std::span<std::int32_t> labels) {
    fill(indices, k, pass, images, labels);
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = indices[i] % 4;
  };
  ts::simulation<averaged> a(clients_of({8, 8}), {}, with_labels, 3);
  ts::simulation<kept> b(clients_of({8, 8}), {}, with_labels, 3);

  a.round();
  b.round();

  CHECK(a.server()["exits.0.bn1.running_mean"][0] != 0);
  CHECK(b.server()["exits.0.bn1.running_mean"][0] == 0);
  CHECK(a.sent().total() > b.sent().total());
}

TEST_CASE("a scope that names no slice is refused") {
  using misspelt = ts::federation<pretrain, ts::shared<"blocs.*", ts::over::group>>;

  CHECK_THROWS_AS(simulate<misspelt>({4}), ts::error);
}

// ---- cascade ----

TEST_CASE("block l of the cascade is the block of group l mod G; the rest comes from group 0") {
  using deep = ts::vit<ts::image<8>, ts::patch<2>, ts::width<16>, ts::heads<2>, ts::depth<3>,
                       ts::classes<4>>;
  auto fed = simulate<grouped>({6, 6}, {0, 1});
  fed.round();
  const std::vector<ts::weights<float>> groups{fed.server(0), fed.server(1)};
  ts::model<deep> net(9);
  const auto head = std::vector<float>(net.parameters()["head.weight"].begin(),
                                       net.parameters()["head.weight"].end());

  const ts::transfer_report report = ts::cascade(groups, net.parameters());

  const auto equal = [&](const std::string& to, std::size_t g, const std::string& from) {
    const auto x = net.parameters()[to];
    const auto y = groups[g][from];
    return std::equal(x.begin(), x.end(), y.begin(), y.end());
  };
  for (int l = 0; l < 3; ++l) {
    const std::string block = "blocks." + std::to_string(l) + ".attn.qkv.weight";
    CHECK(equal(block, static_cast<std::size_t>(l % 2), "blocks.0.attn.qkv.weight"));
  }
  CHECK(equal("patch_embed.proj.weight", 0, "patch_embed.proj.weight"));
  CHECK(equal("pos_embed", 0, "pos_embed"));
  CHECK(report.fresh == std::vector<std::string>{"head.weight", "head.bias"});
  const auto kept = net.parameters()["head.weight"];
  CHECK(std::equal(kept.begin(), kept.end(), head.begin()));
}

TEST_CASE("blocks whose last linears are zero cascade to the embedding and the norm") {
  using one = ts::vit<ts::image<8>, ts::patch<2>, ts::width<16>, ts::heads<2>, ts::depth<1>,
                      ts::classes<4>>;
  using deep = ts::vit<ts::image<8>, ts::patch<2>, ts::width<16>, ts::heads<2>, ts::depth<3>,
                       ts::classes<4>>;
  ts::model<one> shallow(1);
  for (const char* name : {"blocks.0.attn.proj.weight", "blocks.0.mlp.fc2.weight"})
    for (float& w : shallow.parameters()[name]) w = 0;
  ts::model<deep> net(2);
  ts::cascade(std::vector<ts::weights<float>>{shallow.parameters()}, net.parameters());
  std::vector<float> x(2 * each), y(8), z(8);
  fill(std::vector<int>{0, 1}, {}, 0, x, {});

  shallow.forward(x, y);
  net.forward(x, z);

  CHECK(y == z);
}

TEST_CASE("a cascade of blocks of another width is refused and changes nothing") {
  using wide = ts::vit<ts::image<8>, ts::patch<2>, ts::width<32>, ts::heads<2>, ts::depth<2>,
                       ts::classes<4>>;
  auto fed = simulate<plain>({4});
  ts::model<wide> net;
  const auto before = net.parameters().values;

  CHECK_THROWS_AS(ts::cascade(std::vector<ts::weights<float>>{fed.server()}, net.parameters()),
                  ts::error);
  CHECK_THROWS_AS(ts::cascade(std::vector<ts::weights<float>>{}, net.parameters()), ts::error);
  CHECK(net.parameters().values == before);
}
