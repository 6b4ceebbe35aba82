#pragma once
// simulation<Federation>: its clients in this process. All clients share one trainer, so memory does
// not grow with their number but for optimizer state that they keep (and their index lists).
//
//     ts::simulation<fed> run(partition, groups, source, seed);
//     for (int r = 0; r < 20; ++r) { ts::round_report report = run.round(); … }
//
// `source` fills a batch from indices into the data set: images normalised (and augmented; the key
// makes that reproducible), labels if the step reads any.

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tessera/data/sampler.hpp"
#include "tessera/federated/federation.hpp"
#include "tessera/federated/partition.hpp"
#include "tessera/federated/traffic.hpp"
#include "tessera/model/program.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/train/trainer.hpp"

namespace tessera::inline v0 {

// Fills images (B x per-sample input) and labels (B, or empty) for data set indices (B), with
// augmentation drawn from (key, pass).
template <class T>
using batch_source = std::function<void(std::span<const int> indices, random_key key,
                                        std::uint64_t pass, std::span<T> images,
                                        std::span<std::int32_t> labels)>;

struct round_report {
  std::int64_t round = 0;
  double loss = 0;  // mean over local steps, weighted by images
  int selected = 0;
  traffic sent;
  aggregation_report aggregation;
};

template <class Federation, class Backend = cpu, class T = float>
class simulation {
 public:
  // clients: data set indices per client; groups: group of each client, empty = one group.
  simulation(client_indices clients, std::vector<int> groups, batch_source<T> source,
             bool reads_labels, std::uint64_t seed, thread_pool* pool = nullptr)
      : trainer_(seed, pool),
        source_(std::move(source)),
        reads_labels_(reads_labels),
        seed_(seed),
        groups_(std::move(groups)) {
    if (clients.empty()) throw error("federation", "at least one client", "none");
    if (groups_.empty()) groups_.assign(clients.size(), 0);
    if (groups_.size() != clients.size())
      throw error("federation", std::to_string(clients.size()) + " groups, one per client",
                  std::to_string(groups_.size()));
    int count = 0;
    for (int g : groups_) {
      if (g < 0) throw error("federation", "groups from 0", std::to_string(g));
      count = std::max(count, g + 1);
    }
    for (int g = 0; g < count; ++g)
      if (std::find(groups_.begin(), groups_.end(), g) == groups_.end())
        throw error("federation", "a client in every group", "none in group " + std::to_string(g));
    for (std::size_t i = 0; i < Federation::patterns().size(); ++i)
      scopes_.push_back({Federation::patterns()[i], Federation::shares()[i]});
    global_.assign(static_cast<std::size_t>(count), trainer_.parameters().values);
    meter_ = std::make_unique<traffic_meter>(trainer_.parameters().table, scopes_,
                                             static_cast<int>(sizeof(T)));
    const program& p = trainer_.compiled();
    image_size_ = p.g.values[p.g.inputs[0].value].extent.per_sample();
    for (std::size_t c = 0; c < clients.size(); ++c) {
      clients_.push_back({batch_sampler(clients[c], Federation::batch, seed, static_cast<int>(c)),
                          static_cast<double>(clients[c].size()), {}, {}, 0});
    }
  }

  // The learning rate as a function of rounds done, fractions within a round included.
  void schedule(std::function<double(double rounds)> rate) { rate_ = std::move(rate); }
  // Called after each local step: (round, client, steps done in this round, steps of this round).
  void watch(std::function<void(int done, int total, double loss)> f) { watch_ = std::move(f); }

  round_report round() {
    round_report report;
    report.round = round_;
    const std::vector<int> chosen =
        Federation::select::pick(static_cast<int>(clients_.size()), round_, random_key(seed_));
    report.selected = static_cast<int>(chosen.size());
    int total = 0, done = 0;
    for (int c : chosen) total += clients_[static_cast<std::size_t>(c)].sampler.batches() * Federation::epochs;
    std::vector<std::vector<T>> answers;
    std::vector<client_update<T>> updates;
    double images_seen = 0;
    for (int c : chosen) {
      const auto i = static_cast<std::size_t>(c);
      answers.push_back(train_client(c, report, images_seen, done, total));
      updates.push_back({c, groups_[i], round_, clients_[i].samples, {},
                         trainer_.parameters().table});
    }
    for (std::size_t k = 0; k < updates.size(); ++k) updates[k].values = answers[k];
    std::vector<std::span<T>> buffers(global_.begin(), global_.end());
    aggregation_rules rules;
    rules.round = round_;
    report.aggregation = aggregate_round<typename Federation::aggregate, T>(
        std::span<const std::span<T>>(buffers), trainer_.parameters().table, updates, scopes_, rules);
    report.sent = meter_->count_round(report.selected);
    if (images_seen > 0) report.loss /= images_seen;
    ++round_;
    return report;
  }

  int group_count() const { return static_cast<int>(global_.size()); }
  // The server's weights of a group, with names.
  weights<T> server(int group = 0) const {
    return {trainer_.parameters().table, global_.at(static_cast<std::size_t>(group))};
  }
  traffic sent() const { return meter_->sum(); }
  step_runner<T>& trainer() { return trainer_; }

 private:
  struct client_state {
    batch_sampler sampler;
    double samples = 0;
    std::vector<T> first, second;  // optimizer buffers 0 and 1
    std::int64_t steps = 0;
  };

  std::vector<T> train_client(int c, round_report& report, double& images_seen, int& done,
                              int total) {
    client_state& me = clients_[static_cast<std::size_t>(c)];
    trainer_.parameters().values = global_[static_cast<std::size_t>(groups_[static_cast<std::size_t>(c)])];
    trainer_.reset_optimizer();
    if (Federation::keep_optimizer && me.steps > 0) {
      std::copy(me.first.begin(), me.first.end(), trainer_.optimizer_state(0).begin());
      std::copy(me.second.begin(), me.second.end(), trainer_.optimizer_state(1).begin());
      trainer_.set_steps(me.steps);
    }
    const int local = me.sampler.batches() * Federation::epochs;
    int step = 0;
    for (int e = 0; e < Federation::epochs; ++e) {
      const std::int64_t epoch = round_ * Federation::epochs + e;
      me.sampler.start(epoch);
      for (int b = 0; b < me.sampler.batches(); ++b, ++step) {
        const std::span<const int> indices = me.sampler.batch(b);
        images_.resize(indices.size() * static_cast<std::size_t>(image_size_));
        labels_.resize(reads_labels_ ? indices.size() : 0);
        samples_.assign(indices.begin(), indices.end());
        source_(indices, random_key(seed_), static_cast<std::uint64_t>(epoch), images_, labels_);
        if (rate_) trainer_.set("optimizer.lr", rate_(static_cast<double>(round_) + double(step) / local));
        const double loss = trainer_.step(images_, labels_, samples_);
        report.loss += loss * static_cast<double>(indices.size());
        images_seen += static_cast<double>(indices.size());
        if (watch_) watch_(++done, total, loss);
      }
    }
    if (Federation::keep_optimizer) {
      const auto m = trainer_.optimizer_state(0), v = trainer_.optimizer_state(1);
      me.first.assign(m.begin(), m.end());
      me.second.assign(v.begin(), v.end());
      me.steps = trainer_.steps();
    }
    return trainer_.parameters().values;
  }

  tessera::trainer<typename Federation::step, Backend, T> trainer_;
  batch_source<T> source_;
  bool reads_labels_;
  std::uint64_t seed_;
  std::int64_t round_ = 0, image_size_ = 0;
  std::vector<int> groups_;
  std::vector<scope> scopes_;
  std::vector<std::vector<T>> global_;  // one flat buffer per group
  std::vector<client_state> clients_;
  std::unique_ptr<traffic_meter> meter_;
  std::function<double(double)> rate_;
  std::function<void(int, int, double)> watch_;
  std::vector<T> images_;
  std::vector<std::int32_t> labels_;
  std::vector<std::int64_t> samples_;
};

}  // namespace tessera::inline v0
