#pragma once
// Top-k accuracy: the share of samples whose label is among the k best scores.
//     rank(y) = #{j : s_j > s_y} + #{j < y : s_j = s_y},   correct if rank(y) < k
// Ties go to the lower index, so constant scores are right for the classes below k only: k / C on a
// balanced set, not 1. k >= C is always right. Scores are [B, C], logits or probabilities alike;
// C is that of the first batch.
//
// Label -1 is ignored, and so is 255 if C <= 255; with more classes 255 is a class. An ignored
// sample is out of the count; its scores must be finite all the same. Source: Russakovsky et al.,
// "ImageNet large scale visual recognition challenge", IJCV 2015 (k = 1 and 5).
//
//     ts::top_k top_1(1);
//     top_1.update(logits, labels);            // once per batch
//     top_1.result().value;                    // and top_1.confidence(): Wilson's 95 % interval

#include "tessera/error.hpp"
#include "tessera/metrics/detail/scores.hpp"
#include "tessera/metrics/interval.hpp"
#include "tessera/metrics/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tessera::inline v0 {

class top_k {
 public:
  // Throws tessera::error unless k >= 1.
  explicit top_k(int k) : k_(k) {
    if (k < 1) throw error("top_k", "k >= 1", std::to_string(k));
  }

  // logits: B x C, labels: B. Throws tessera::error for sizes, scores or labels that do not fit.
  void update(std::span<const float> logits, std::span<const int> labels) {
    const int classes = detail::score_classes("top_k.update", logits, labels.size(), classes_);
    detail::check_labels("top_k.update", labels, classes);
    classes_ = classes;
    const auto width = static_cast<std::size_t>(classes);
    for (std::size_t b = 0; b < labels.size(); ++b) {
      if (detail::ignored_label(labels[b], classes)) continue;
      ++count_;
      if (rank(logits.subspan(b * width, width), static_cast<std::size_t>(labels[b])) < k_)
        ++correct_;
    }
  }

  // Throws tessera::error if k or the number of classes differs.
  void merge(const top_k& other) {
    detail::metric_need(k_ == other.k_, "top_k.merge", "the same k", other.k_);
    classes_ = detail::merged_classes("top_k.merge", classes_, other.classes_);
    count_ += other.count_;
    correct_ += other.correct_;
  }

  metric result() const { return metric::ratio(correct_, count_); }
  interval confidence() const { return wilson_interval(correct_, count_); }

  int k() const { return k_; }
  std::int64_t correct() const { return correct_; }

  friend bool operator==(const top_k&, const top_k&) = default;

 private:
  static std::int64_t rank(std::span<const float> row, std::size_t label) {
    std::int64_t better = 0;
    for (std::size_t j = 0; j < row.size(); ++j)
      if (row[j] > row[label] || (j < label && row[j] == row[label])) ++better;
    return better;
  }

  int k_, classes_ = 0;
  std::int64_t count_ = 0, correct_ = 0;
};

}  // namespace tessera::inline v0
