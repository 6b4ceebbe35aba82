#pragma once
// What early exits save, and what they cost in accuracy. m_i samples left at exit i = 0 .. E - 1,
// the last of which is the end of the network:
//     layer speed-up = L / mean exit layer = L sum_i m_i / sum_i l_i m_i,   l_i from 1, L = l_(E-1)
//     MAC speed-up   = MACs of the full network without exits / mean MACs of a sample
// The MACs of a sample that leaves at i hold every head evaluated on its way, so MAC speed-up is
// below 1 where all leave last; layer speed-up is then 1, and L / l_i where all leave at i. Neither
// is a latency: layer speed-up knows no heads and takes layers for equal, and no count knows
// batches. Source: Xu et al., "LGViT: Dynamic early exiting for accelerating vision transformer",
// ACM MM 2023 (layer speed-up).
//
//     const std::vector<int> layers{4, 8, 12};               // where the exits stand, then the end
//     ts::exit_speed_up saved(layers, macs, full_macs);      // macs[i]: exit_runner::macs(i)
//     saved.update(exits, logits, labels);                   // as exit_runner::run() writes them

#include "tessera/error.hpp"
#include "tessera/metrics/detail/scores.hpp"
#include "tessera/metrics/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tessera::inline v0 {

class exit_speed_up {
 public:
  // layers, macs: one per exit, the end of the network last. Throws tessera::error unless layers
  // rise from 1 or more, macs are positive and never fall, and full_macs is positive.
  exit_speed_up(std::span<const int> layers, std::span<const std::int64_t> macs,
                std::int64_t full_macs)
      : layers_(layers.begin(), layers.end()),
        macs_(macs.begin(), macs.end()),
        full_macs_(full_macs),
        left_(layers.size()),
        labelled_(layers.size()),
        correct_(layers.size()) {
    constexpr const char* operation = "exit_speed_up";
    detail::metric_need(!layers.empty(), operation, "at least one exit", layers.size());
    detail::metric_need(macs.size() == layers.size(), operation, "MACs for each exit", macs.size());
    detail::metric_need(full_macs > 0, operation, "positive MACs of the full network", full_macs);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      detail::metric_need(layers[i] > (i == 0 ? 0 : layers[i - 1]), operation,
                          "layers that rise from 1 or more", layers[i]);
      detail::metric_need(macs[i] >= (i == 0 ? 1 : macs[i - 1]), operation,
                          "positive MACs that never fall", macs[i]);
    }
  }

  // exits, predicted, labels: B. A sample of label -1 counts for the speed-up, not for accuracy.
  // Throws tessera::error for sizes that differ, an exit that is none and other negative labels.
  void update(std::span<const int> exits, std::span<const int> predicted,
              std::span<const int> labels) {
    check_exits(exits, labels);
    detail::metric_need(predicted.size() == labels.size(), operation_, "one prediction per label",
                        predicted.size());
    for (const int y : labels) detail::metric_need(y >= -1, operation_, "labels from -1", y);
    for (std::size_t b = 0; b < labels.size(); ++b)
      add(exits[b], labels[b] != -1, predicted[b] == labels[b]);
  }

  // logits: B x C of the exit that each row took. The prediction is the largest, the lowest class
  // of several; labels as in top_k.hpp (255 has no label if C <= 255).
  void update(std::span<const int> exits, std::span<const float> logits,
              std::span<const int> labels) {
    check_exits(exits, labels);
    const int classes = detail::score_classes(operation_, logits, labels.size(), 0);
    detail::check_labels(operation_, labels, classes);
    const auto width = static_cast<std::size_t>(classes);
    for (std::size_t b = 0; b < labels.size(); ++b)
      add(exits[b], !detail::ignored_label(labels[b], classes),
          static_cast<int>(detail::top_class(logits.subspan(b * width, width))) == labels[b]);
  }

  // Throws tessera::error if layers or MACs differ.
  void merge(const exit_speed_up& other) {
    if (layers_ != other.layers_ || macs_ != other.macs_ || full_macs_ != other.full_macs_)
      throw error("exit_speed_up.merge", "the same layers and MACs", "others");
    for (std::size_t i = 0; i < left_.size(); ++i) {
      left_[i] += other.left_[i];
      labelled_[i] += other.labelled_[i];
      correct_[i] += other.correct_[i];
    }
  }

  // Layer speed-up; count here and in the next two: all samples.
  metric result() const { return speed_up(layers_.back(), layers_); }
  metric mac_speed_up() const { return speed_up(full_macs_, macs_); }
  // The part of the samples that left at this exit. Throws tessera::error if there is none such.
  metric share(int exit) const { return metric::ratio(left_[index(exit)], sum(left_)); }
  // Of the routed predictions; count: the labelled samples (that left at this exit).
  metric accuracy() const { return metric::ratio(sum(correct_), sum(labelled_)); }
  metric accuracy(int exit) const {
    return metric::ratio(correct_[index(exit)], labelled_[index(exit)]);
  }
  int exits() const { return static_cast<int>(layers_.size()); }

  friend bool operator==(const exit_speed_up&, const exit_speed_up&) = default;

 private:
  static constexpr const char* operation_ = "exit_speed_up.update";

  void check_exits(std::span<const int> exits, std::span<const int> labels) const {
    detail::metric_need(exits.size() == labels.size(), operation_, "one exit per label",
                        exits.size());
    for (const int e : exits)
      detail::metric_need(e >= 0 && e < this->exits(), operation_, "exits that there are", e);
  }
  void add(int exit, bool labelled, bool correct) {
    const auto e = static_cast<std::size_t>(exit);
    ++left_[e];
    labelled_[e] += labelled ? 1 : 0;
    correct_[e] += labelled && correct ? 1 : 0;
  }
  std::size_t index(int exit) const {
    detail::metric_need(exit >= 0 && exit < exits(), "exit_speed_up", "an exit that there is",
                        exit);
    return static_cast<std::size_t>(exit);
  }
  static std::int64_t sum(const std::vector<std::int64_t>& counts) {
    std::int64_t s = 0;
    for (const std::int64_t c : counts) s += c;
    return s;
  }
  // full x samples / sum of costs; in double, since MACs x samples can pass 2^63.
  template <class Full, class Cost>
  metric speed_up(Full full, const std::vector<Cost>& cost) const {
    const std::int64_t samples = sum(left_);
    if (samples == 0) return {};
    double spent = 0;
    for (std::size_t i = 0; i < cost.size(); ++i)
      spent += static_cast<double>(cost[i]) * static_cast<double>(left_[i]);
    return {static_cast<double>(full) * static_cast<double>(samples) / spent, samples, true};
  }

  std::vector<int> layers_;
  std::vector<std::int64_t> macs_;
  std::int64_t full_macs_;
  std::vector<std::int64_t> left_, labelled_, correct_;
};

}  // namespace tessera::inline v0
