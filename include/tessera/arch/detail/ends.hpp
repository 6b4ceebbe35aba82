#pragma once
// What drawings of a graph mark: where it ends, and edges that no gradient passes.

#include <string_view>

#include "tessera/graph/live.hpp"

namespace tessera::inline v0 {

namespace detail {

inline bool is_exit(std::string_view tap) {
  const std::string_view stem = tap.substr(0, tap.find_last_not_of("0123456789") + 1);
  return stem == "exits." || stem.ends_with(".exits.");
}
inline bool is_loss(std::string_view tap) {
  return tap == "loss" || tap.substr(0, tap.find_last_not_of("0123456789") + 1) == "loss.";
}
// What a graph is built for: outputs, exits, losses. All other taps are places to look at.
inline bool is_end(std::string_view tap) {
  return tap == "output" || tap.ends_with(".output") || is_exit(tap) || is_loss(tap);
}

// Whether v is another value behind a stop-gradient.
inline bool passes_stop(const graph& g, value_id v) {
  bool stopped = false;
  for (; g.values[v].view_of != absent; v = g.values[v].view_of) {
    // Behind a frozen tower nothing is wanted before the stop either: there it is a view of equal
    // extent.
    const value &of = g.values[g.values[v].view_of], &view = g.values[v];
    stopped = stopped || (!view.wanted && (of.wanted || of.extent == view.extent));
  }
  return stopped;
}

}  // namespace detail

}  // namespace tessera::inline v0
