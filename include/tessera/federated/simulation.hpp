#pragma once
// simulation<Federation>: its clients in this process. All clients share one trainer, so memory does
// not grow with their number but for optimizer state that they keep (and their index lists).
//
//     ts::simulation<fed> run(partition, groups, source, seed);
//     for (int r = 0; r < 20; ++r) { ts::round_report report = run.round(); … }
//
// A client whose data cannot be trained on (a loss that is not finite, a label out of range) is
// refused for the round and named in the report; its optimizer state stays as it was.
//
// `source` fills a batch from indices into the data set: images normalised (and augmented; the key
// makes that reproducible), labels if the step reads any.

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
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

// Fills images (B x per-sample input) and labels (as many as the step's losses read of B images;
// empty where none does) for data set indices (B), with augmentation drawn from (key, pass).
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
             std::uint64_t seed, thread_pool* pool = nullptr)
      : trainer_(seed, pool),
        source_(std::move(source)),
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
    for (std::size_t i = 0; i + 1 < scopes_.size(); ++i)
      if (std::none_of(trainer_.parameters().table.begin(), trainer_.parameters().table.end(),
                       [&](const slice& x) { return in_scope(x.name, scopes_[i].pattern); }))
        throw error("federation", "a slice in the scope \"" + std::string(scopes_[i].pattern) + "\"",
                    "none");
    for (const slice& x : trainer_.parameters().table)
      if (takes_part(x.kind, Federation::state) &&
          shared_among(x, scopes_, Federation::state) == over::client)
        own_.push_back(&x);
    global_.assign(static_cast<std::size_t>(count), trainer_.parameters().values);
    meter_ = std::make_unique<traffic_meter>(trainer_.parameters().table, scopes_,
                                             static_cast<int>(sizeof(T)), Federation::state);
    const program& p = trainer_.compiled();
    image_size_ = p.g.values[p.g.inputs[0].value].extent.per_sample();
    for (std::size_t c = 0; c < clients.size(); ++c) {
      clients_.push_back({batch_sampler(clients[c], Federation::batch, seed, static_cast<int>(c)),
                          static_cast<double>(clients[c].size()), {}, {}, 0, 0});
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
    rules.state = Federation::state;
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
    if (group < 0 || group >= group_count())
      throw error("federation.server", "a group below " + std::to_string(group_count()),
                  std::to_string(group));
    return {trainer_.parameters().table, global_[static_cast<std::size_t>(group)]};
  }
  traffic sent() const { return meter_->sum(); }
  step_runner<T>& trainer() { return trainer_; }

 private:
  struct client_state {
    batch_sampler sampler;
    double samples = 0;
    std::vector<std::vector<T>> optimizer;  // its buffers
    std::vector<T> own;                     // slices that stay here, one after the other
    std::int64_t steps = 0, draws = 0;
  };

  std::vector<T> train_client(int c, round_report& report, double& images_seen, int& done,
                              int total) {
    client_state& me = clients_[static_cast<std::size_t>(c)];
    std::vector<T>& w = trainer_.parameters().values;
    w = global_[static_cast<std::size_t>(groups_[static_cast<std::size_t>(c)])];
    if (!me.own.empty()) {
      auto at = me.own.begin();
      for (const slice* x : own_) {
        std::copy_n(at, x->size, w.begin() + x->offset);
        at += x->size;
      }
    }
    trainer_.reset_optimizer();
    trainer_.set_draws(me.draws);
    if (Federation::keep_optimizer && me.steps > 0) {
      for (std::size_t k = 0; k < me.optimizer.size(); ++k)
        std::copy(me.optimizer[k].begin(), me.optimizer[k].end(),
                  trainer_.optimizer_state(static_cast<int>(k)).begin());
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
        labels_.resize(indices.size() *
                       static_cast<std::size_t>(trainer_.labels_per_image()));
        samples_.assign(indices.begin(), indices.end());
        source_(indices, random_key(seed_), static_cast<std::uint64_t>(epoch), images_, labels_);
        if (rate_) trainer_.set("optimizer.lr", rate_(static_cast<double>(round_) + double(step) / local));
        double loss = 0;
        try {
          loss = trainer_.step(images_, labels_, samples_);
        } catch (const error&) {  // its data cannot be trained on: the server refuses the answer
          return std::vector<T>(w.size(), std::numeric_limits<T>::quiet_NaN());
        }
        report.loss += loss * static_cast<double>(indices.size());
        images_seen += static_cast<double>(indices.size());
        if (watch_) watch_(++done, total, loss);
      }
    }
    me.draws = trainer_.draws();
    if (Federation::keep_optimizer) {
      me.optimizer.resize(static_cast<std::size_t>(Federation::step::optimizer_buffers()));
      for (std::size_t k = 0; k < me.optimizer.size(); ++k) {
        const auto state = trainer_.optimizer_state(static_cast<int>(k));
        me.optimizer[k].assign(state.begin(), state.end());
      }
      me.steps = trainer_.steps();
    }
    me.own.clear();
    for (const slice* x : own_)
      me.own.insert(me.own.end(), w.begin() + x->offset, w.begin() + x->offset + x->size);
    return w;
  }

  tessera::trainer<typename Federation::step, Backend, T> trainer_;
  batch_source<T> source_;
  std::uint64_t seed_;
  std::int64_t round_ = 0, image_size_ = 0;
  std::vector<int> groups_;
  std::vector<scope> scopes_;
  std::vector<const slice*> own_;       // slices that never leave their client
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
