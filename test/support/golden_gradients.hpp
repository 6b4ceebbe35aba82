#pragma once
// The gradients of a training step against those of a golden file.

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "support/golden.hpp"
#include "tessera/train/trainer.hpp"

namespace golden {

// Worst distance of the gradients from the file's, over the largest of all; infinite where the file
// has none or the run has fewer.
template <class T>
double gradient_distance(ts::step_runner<T>& run, const file& want, int tensors,
                         const std::string& prefix = {}) {
  double worst = 0, most = 0;
  for (const ts::slice& s : run.parameters().table) {
    if (s.kind != ts::slice_kind::weight) continue;
    const auto g = run.gradients().subspan(static_cast<std::size_t>(s.offset),
                                           static_cast<std::size_t>(s.size));
    const std::vector<double> expected = want[prefix + "grad." + s.name];
    worst = std::max(worst, distance(g, expected));
    most = std::max(most, largest(expected));
    --tensors;
  }
  return tensors == 0 ? worst / most : std::numeric_limits<double>::infinity();
}

}  // namespace golden
