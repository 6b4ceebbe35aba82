#pragma once
// Segmentation: one confusion matrix N[g, p] over all pixels of all images (g truth, p predicted).
//     IoU_c = N_cc / (sum_p N_cp + sum_g N_gc - N_cc)    mIoU = mean of the IoU_c with a union > 0
//     pixel accuracy = sum_c N_cc / sum N                class accuracy_c = N_cc / sum_p N_cp
// A class absent from truth and prediction is left out of the mean; one that is only predicted
// counts as 0. It is not a mean over images. Pixels whose truth is the ignore label are taken out
// first, whatever was predicted there. Where the network's grid is coarser than the labels, resize
// the logits to the labels' size (bilinear), then update; labels are never resized.
// Sources: Everingham et al., "The PASCAL visual object classes challenge", IJCV 2010; Long,
// Shelhamer, Darrell, "Fully convolutional networks for semantic segmentation", CVPR 2015.

#include "tessera/metrics/detail/scores.hpp"
#include "tessera/metrics/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tessera::inline v0 {

class mean_iou {
 public:
  // Throws tessera::error unless 1 <= classes <= 4096 (128 MiB of counts) and `ignore` is no class:
  // with more than 255 classes say another one, -1 for instance.
  explicit mean_iou(int classes, int ignore = 255) : classes_(classes), ignore_(ignore) {
    detail::metric_need(classes >= 1 && classes <= 4096, "mean_iou", "1 to 4096 classes", classes);
    detail::metric_need(ignore < 0 || ignore >= classes, "mean_iou",
                        "an ignore label that is no class", ignore);
    counts_.resize(width() * width());
  }

  // predicted, truth: one class per pixel, of any number of images. Throws tessera::error if their
  // sizes differ or one is no class; predictions at ignored pixels may be anything.
  void update(std::span<const int> predicted, std::span<const int> truth) {
    detail::metric_need(predicted.size() == truth.size(), "mean_iou.update",
                        "one prediction per label", predicted.size());
    check_truth(truth);
    for (std::size_t i = 0; i < truth.size(); ++i)
      detail::metric_need(truth[i] == ignore_ || is_class(predicted[i]), "mean_iou.update",
                          "predictions that are classes", predicted[i]);
    for (std::size_t i = 0; i < truth.size(); ++i)
      if (truth[i] != ignore_) ++count(truth[i], static_cast<std::size_t>(predicted[i]));
  }

  // logits: B x cells x classes, truth: B x cells. The prediction is the largest logit, the lowest
  // class of several. Throws tessera::error for logits that are not finite, too.
  void update(std::span<const float> logits, std::span<const int> truth) {
    detail::score_classes("mean_iou.update", logits, truth.size(), classes_);
    check_truth(truth);
    for (std::size_t i = 0; i < truth.size(); ++i)
      if (truth[i] != ignore_)
        ++count(truth[i], detail::top_class(logits.subspan(i * width(), width())));
  }

  // Throws tessera::error if classes or the ignore label differ.
  void merge(const mean_iou& other) {
    detail::metric_need(classes_ == other.classes_, "mean_iou.merge", "as many classes",
                        other.classes_);
    detail::metric_need(ignore_ == other.ignore_, "mean_iou.merge", "the same ignore label",
                        other.ignore_);
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  }

  // mIoU; count: the classes that it is the mean of.
  metric result() const { return mean(&mean_iou::iou); }
  // count: the union, in pixels; not valid if it is empty. Throws tessera::error if c is no class.
  metric iou(int c) const {
    const std::int64_t both = pixels(c, c), truth = row(c);
    std::int64_t predicted = 0;
    for (int g = 0; g < classes_; ++g) predicted += pixels(g, c);
    return metric::ratio(both, truth + predicted - both);
  }
  metric pixel_accuracy() const {
    std::int64_t right = 0, all = 0;
    for (int c = 0; c < classes_; ++c) right += pixels(c, c), all += row(c);
    return metric::ratio(right, all);
  }
  // Of the pixels that are c, the share that was found; not valid if there are none.
  metric class_accuracy(int c) const { return metric::ratio(pixels(c, c), row(c)); }
  metric mean_class_accuracy() const { return mean(&mean_iou::class_accuracy); }

  // N[truth, predicted]. Throws tessera::error if one is no class.
  std::int64_t pixels(int truth, int predicted) const {
    detail::metric_need(is_class(truth), "mean_iou.pixels", "a class", truth);
    detail::metric_need(is_class(predicted), "mean_iou.pixels", "a class", predicted);
    return counts_[static_cast<std::size_t>(truth) * width() + static_cast<std::size_t>(predicted)];
  }

  friend bool operator==(const mean_iou&, const mean_iou&) = default;

 private:
  std::size_t width() const { return static_cast<std::size_t>(classes_); }
  bool is_class(int c) const { return c >= 0 && c < classes_; }
  void check_truth(std::span<const int> truth) const {
    for (const int y : truth)
      detail::metric_need(y == ignore_ || is_class(y), "mean_iou.update",
                          "labels that are classes or the ignore label", y);
  }
  std::int64_t& count(int truth, std::size_t predicted) {
    return counts_[static_cast<std::size_t>(truth) * width() + predicted];
  }
  std::int64_t row(int c) const {
    std::int64_t sum = 0;
    for (int p = 0; p < classes_; ++p) sum += pixels(c, p);
    return sum;
  }
  metric mean(metric (mean_iou::*of)(int) const) const {
    double sum = 0;
    std::int64_t there = 0;
    for (int c = 0; c < classes_; ++c) {
      const metric m = (this->*of)(c);
      if (m.valid) sum += m.value, ++there;
    }
    return metric::ratio(sum, there);
  }

  int classes_, ignore_;
  std::vector<std::int64_t> counts_;
};

}  // namespace tessera::inline v0
