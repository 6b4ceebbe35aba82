#pragma once
// Copies weights between models by name: into a deeper network, a fine-tuned head, a tower.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/model/weights.hpp"

namespace tessera::inline v0 {

struct transfer_report {
  std::vector<std::string> copied;  // slices of the target that were filled
  std::vector<std::string> fresh;   // slices of the target that were left as they are
};

// For each slice of `to`, source(name) names the slice of `from` it is filled with; an empty name or
// one that `from` lacks leaves it fresh. A slice of another shape is an error, and nothing is copied.
template <class T>
transfer_report transfer(const weights<T>& from, weights<T>& to,
                         const std::function<std::string(std::string_view)>& source = {}) {
  transfer_report report;
  std::vector<std::pair<const slice*, const slice*>> pairs;
  for (const slice& s : to.table) {
    const std::string wanted = source ? source(s.name) : s.name;
    const slice* f = wanted.empty() ? nullptr : from.find(wanted);
    if (f == nullptr) {
      report.fresh.push_back(s.name);
      continue;
    }
    if (f->shape != s.shape)
      throw error("transfer", s.name + " of shape " + shape_text(s.shape),
                  wanted + " of shape " + shape_text(f->shape));
    pairs.emplace_back(f, &s);
    report.copied.push_back(s.name);
  }
  for (const auto& [f, s] : pairs)
    std::copy_n(from.values.begin() + f->offset, f->size, to.values.begin() + s->offset);
  return report;
}

}  // namespace tessera::inline v0
