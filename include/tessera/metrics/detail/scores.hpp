#pragma once
// Machinery of the accumulators of tessera/metrics: rows of scores [B, C] beside labels [B].

#include "tessera/error.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

namespace tessera::inline v0::detail {

template <class Found>
void metric_need(bool holds, const char* operation, const char* expected, Found found) {
  if (!holds) throw error(operation, expected, std::to_string(found));
}

// C of finite scores [rows, C]. `known` is the C of earlier batches, 0 before the first.
inline int score_classes(const char* operation, std::span<const float> scores, std::size_t rows,
                         int known) {
  if (rows == 0) {
    metric_need(scores.empty(), operation, "no scores for no labels", scores.size());
    return known;
  }
  metric_need(!scores.empty() && scores.size() % rows == 0, operation,
              "scores of (labels) x (classes)", scores.size());
  const std::size_t classes = scores.size() / rows;
  metric_need(classes <= std::numeric_limits<int>::max(), operation, "fewer classes", classes);
  metric_need(known == 0 || classes == static_cast<std::size_t>(known), operation,
              "as many classes as before", classes);
  for (const float s : scores) metric_need(std::isfinite(s), operation, "finite scores", s);
  return static_cast<int>(classes);
}

// -1 is no class anywhere; 255 where there are 255 classes or fewer, 0 to 254.
inline bool ignored_label(int label, int classes) {
  return label == -1 || (label == 255 && classes <= 255);
}

inline void check_labels(const char* operation, std::span<const int> labels, int classes) {
  for (const int y : labels)
    metric_need((y >= 0 && y < classes) || ignored_label(y, classes), operation,
                "labels that are classes, -1 or 255", y);
}

// C of two accumulators, either of which may not have met a batch.
inline int merged_classes(const char* operation, int a, int b) {
  metric_need(a == 0 || b == 0 || a == b, operation, "as many classes on both sides", b);
  return a == 0 ? b : a;
}

// The class of the largest score; the lowest of several.
inline std::size_t top_class(std::span<const float> row) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < row.size(); ++c)
    if (row[c] > row[best]) best = c;
  return best;
}

}  // namespace tessera::inline v0::detail
