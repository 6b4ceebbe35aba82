#pragma once
// Whether confidence is accuracy. Per sample: p = softmax(logits) [C], in double, confidence =
// max p, prediction = the lowest class that has it, y the label.
//     ECE = sum_b (n_b / n) |accuracy_b - mean confidence_b|   over the bins (b / M, (b + 1) / M],
//           b = 0 .. M - 1, the first with 0; an empty bin adds 0
//     NLL = mean of -ln p_y (nats; +infinity if some p_y = 0, which logits never give)
//     Brier = mean of sum_c (p_c - [c = y])^2, from 0 to 2
// ECE is between 0 and 1 and biased upwards for small n; compare it at equal n and M. Confidence 1
// everywhere gives 1 - accuracy. Labels as in top_k.hpp: -1 is ignored, and 255 if C <= 255.
// Sources: Guo et al., "On calibration of modern neural networks", ICML 2017 (ECE, M = 15); Brier,
// "Verification of forecasts expressed in terms of probability", 1950.

#include "tessera/metrics/detail/scores.hpp"
#include "tessera/metrics/result.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tessera::inline v0 {

// One bar of a reliability diagram.
struct calibration_bin {
  std::int64_t count = 0, correct = 0;
  double confidence = 0;  // summed over the bin's samples

  friend bool operator==(const calibration_bin&, const calibration_bin&) = default;
};

class calibration {
 public:
  // Throws tessera::error unless 1 <= bins <= 100 000.
  explicit calibration(int bins = 15) {
    detail::metric_need(bins >= 1 && bins <= 100'000, "calibration", "1 to 100000 bins", bins);
    bins_.resize(static_cast<std::size_t>(bins));
  }

  // logits: B x C, labels: B. Throws tessera::error for sizes, scores or labels that do not fit.
  void update(std::span<const float> logits, std::span<const int> labels) {
    const int classes =
        detail::score_classes("calibration.update", logits, labels.size(), classes_);
    detail::check_labels("calibration.update", labels, classes);
    each_row(logits, labels, classes, [this](std::span<const float> row, std::size_t y) {
      const std::size_t best = detail::top_class(row);
      double sum = 0, others = 0, squares = 0;  // of exp(s_c - s_best): all, c != y, c != y squared
      for (std::size_t c = 0; c < row.size(); ++c) {
        const double e = std::exp(static_cast<double>(row[c]) - static_cast<double>(row[best]));
        sum += e;
        if (c != y) others += e, squares += e * e;
      }
      add(1 / sum, best == y,
          std::log(sum) + (static_cast<double>(row[best]) - static_cast<double>(row[y])),
          (squares + others * others) / (sum * sum));
    });
  }

  // probabilities: B x C, taken as they are. Throws tessera::error also for one outside [0, 1] and
  // for a row whose sum differs from 1 by more than 0.001.
  void update_probabilities(std::span<const float> probabilities, std::span<const int> labels) {
    constexpr const char* operation = "calibration.update_probabilities";
    const int classes = detail::score_classes(operation, probabilities, labels.size(), classes_);
    detail::check_labels(operation, labels, classes);
    const auto width = static_cast<std::size_t>(classes);
    for (std::size_t b = 0; b < labels.size(); ++b) {
      double sum = 0;
      for (const float p : probabilities.subspan(b * width, width)) {
        detail::metric_need(p >= 0 && p <= 1, operation, "probabilities from 0 to 1", p);
        sum += static_cast<double>(p);
      }
      detail::metric_need(std::abs(sum - 1) <= 1e-3, operation, "rows of sum 1", sum);
    }
    each_row(probabilities, labels, classes, [this](std::span<const float> row, std::size_t y) {
      const std::size_t best = detail::top_class(row);
      const auto right = static_cast<double>(row[y]);
      double brier = (1 - right) * (1 - right);
      for (std::size_t c = 0; c < row.size(); ++c)
        if (c != y) brier += static_cast<double>(row[c]) * static_cast<double>(row[c]);
      add(static_cast<double>(row[best]), best == y, -std::log(right), brier);
    });
  }

  // Throws tessera::error if the numbers of bins or classes differ.
  void merge(const calibration& other) {
    detail::metric_need(bins_.size() == other.bins_.size(), "calibration.merge", "as many bins",
                        other.bins_.size());
    classes_ = detail::merged_classes("calibration.merge", classes_, other.classes_);
    for (std::size_t b = 0; b < bins_.size(); ++b) {
      bins_[b].count += other.bins_[b].count;
      bins_[b].correct += other.bins_[b].correct;
      bins_[b].confidence += other.bins_[b].confidence;
    }
    nll_ += other.nll_;
    brier_ += other.brier_;
  }

  // ECE; count of all four: the labelled samples.
  metric result() const {
    double gap = 0;
    for (const calibration_bin& b : bins_)
      gap += std::abs(static_cast<double>(b.correct) - b.confidence);
    return metric::ratio(gap, count());
  }
  metric nll() const { return metric::ratio(nll_, count()); }
  metric brier() const { return metric::ratio(brier_, count()); }
  metric accuracy() const {
    std::int64_t correct = 0;
    for (const calibration_bin& b : bins_) correct += b.correct;
    return metric::ratio(correct, count());
  }
  std::span<const calibration_bin> bins() const { return bins_; }

  friend bool operator==(const calibration&, const calibration&) = default;

 private:
  template <class F>
  void each_row(std::span<const float> scores, std::span<const int> labels, int classes, F f) {
    classes_ = classes;
    const auto width = static_cast<std::size_t>(classes);
    for (std::size_t b = 0; b < labels.size(); ++b)
      if (!detail::ignored_label(labels[b], classes))
        f(scores.subspan(b * width, width), static_cast<std::size_t>(labels[b]));
  }
  void add(double confidence, bool correct, double nll, double brier) {
    const auto bins = static_cast<double>(bins_.size());
    auto b = static_cast<std::size_t>(confidence * bins);
    // On the edge b / M, or rounded up to it: the bin below. So b < M, as confidence <= 1.
    if (b > 0 && confidence <= static_cast<double>(b) / bins) --b;
    ++bins_[b].count;
    bins_[b].correct += correct ? 1 : 0;
    bins_[b].confidence += confidence;
    nll_ += nll;
    brier_ += brier;
  }
  std::int64_t count() const {
    std::int64_t sum = 0;
    for (const calibration_bin& b : bins_) sum += b.count;
    return sum;
  }

  int classes_ = 0;
  std::vector<calibration_bin> bins_;
  double nll_ = 0, brier_ = 0;
};

}  // namespace tessera::inline v0
