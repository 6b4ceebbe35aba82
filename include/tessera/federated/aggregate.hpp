#pragma once
// One round of the server: checks what the clients sent, sorts it by scope and lets an aggregator
// (fed_avg and the like) combine it.
//
// Server weights are one flat buffer per group, all with the same table of slices. Slices that are
// shared over all clients hold the same values in every buffer, before and after a round; slices
// shared inside a group differ from buffer to buffer. Without groups there is one buffer. A client
// receives the buffer of its group, whole, and answers with one of the same layout.
//
// Clients are not trusted. An answer that fails a check is left out and named in the report, and
// the round goes on; a group without an answer keeps its weights. The server's own arguments
// (table, buffers, scopes) throw tessera::error before anything is written.
//
// Which group a client belongs to is the server's decision: fill client_update::group from the
// server's list, not from the message; likewise `client` from the authenticated connection.
// Source of the rules: McMahan et al. 2017 (arXiv 1602.05629) for the weights p_i.

#include "tessera/error.hpp"
#include "tessera/federated/scope.hpp"
#include "tessera/model/slice.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::inline v0 {

template <class T>
struct client_update {
  int client = 0;                // id, >= 0
  int group = 0;                 // index of the server buffer it started from
  std::int64_t round = 0;        // the round it answers
  double samples = 0;            // n_i, images trained on; 0 means nothing was trained
  std::span<const T> values;     // (P) the flat weights after local training
  std::span<const slice> table;  // the client's own table, compared with the server's
};

enum class verdict : std::uint8_t {
  accepted,
  empty,            // samples = 0: skipped, not a fault
  bad_client,       // negative id
  bad_group,        // no such group
  stale_round,      // answers an earlier round
  future_round,     // answers a round that has not begun
  bad_samples,      // negative, not finite, below 1e-6 or above the bound
  bad_table,        // names, shapes, kinds or the number of values differ from the server's
  not_finite,       // NaN or infinity in a slice that takes part
  repeated_client,  // a second answer of this client; the first one in the list counts
};

constexpr std::string_view to_string(verdict v) {
  constexpr std::string_view text[] = {"accepted",    "empty",          "bad client",  "bad group",
                                       "stale round", "future round",   "bad samples", "bad table",
                                       "not finite",  "repeated client"};
  return text[static_cast<std::size_t>(v)];
}

enum class round_status : std::uint8_t {
  updated,    // every scope of every group had enough clients
  partial,    // some group kept its weights, others changed
  unchanged,  // nothing was written: no client was accepted, or no slice takes part
};

struct aggregation_report {
  struct entry {
    int client;
    verdict result;
  };

  round_status status = round_status::unchanged;
  std::vector<entry> clients;      // one per update, in the order given
  std::vector<int> group_clients;  // accepted clients of each group
  double samples = 0;              // sum of n_i of the accepted clients

  int count(verdict v) const {
    return static_cast<int>(std::count_if(clients.begin(), clients.end(),
                                          [v](const entry& e) { return e.result == v; }));
  }
  int accepted() const { return count(verdict::accepted); }
  int rejected() const {
    return static_cast<int>(clients.size()) - accepted() - count(verdict::empty);
  }
};

struct aggregation_rules {
  std::int64_t round = 0;  // the current round
  // Bound of n_i: what a client may claim decides how much it weighs. Set it to the largest data
  // set that a client can plausibly hold.
  double max_samples = 1e7;
  state_rule state = state_rule::keep;
};

// What an aggregator sees: some slices, and the clients who speak for them. Clients are sorted by
// id, so the result does not depend on the order of arrival.
template <class T>
struct cohort {
  std::span<const slice* const> slices;         // disjoint parts of the flat buffers
  std::span<const std::span<const T>> clients;  // (m) flat buffers of P values, m >= min_clients
  std::span<const double> weights;              // (m) p_i = n_i / sum_j n_j, positive, sum 1
  std::span<T> global;  // (P) old weights; the aggregator writes the slices and nothing else
};

// An aggregator is a type with two static members, from here or from a user's file:
//   static constexpr int min_clients              fewer accepted clients leave a scope unchanged
//   static void combine(const cohort<T>& c)       must not throw: a round is never half written
template <class A, class T = float>
concept aggregator = requires(const cohort<T>& c) {
  { A::min_clients } -> std::convertible_to<int>;
  { A::combine(c) } -> std::same_as<void>;
};

namespace detail {

// The server's table: slices inside the buffer, sizes that match shapes, no overlap.
inline void check_table(std::span<const slice> table, std::size_t values) {
  const char* where = "federated.aggregate";
  const auto end = static_cast<std::int64_t>(values);
  std::vector<const slice*> sorted;
  for (const slice& s : table) {
    if (s.offset < 0 || s.size < 0 || s.size > end || s.offset > end - s.size) {
      throw error(where, s.name + " inside " + std::to_string(values) + " values",
                  "offset " + std::to_string(s.offset) + ", size " + std::to_string(s.size));
    }
    std::int64_t product = 1;
    for (const int d : s.shape) {
      product = d < 0 || (d > 0 && product > end / d) ? end + 1 : product * d;
    }
    if (product != s.size) {
      throw error(where, s.name + ": a shape of " + std::to_string(s.size) + " values",
                  product > end ? "another" : std::to_string(product));
    }
    if (s.size > 0) sorted.push_back(&s);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const slice* a, const slice* b) { return a->offset < b->offset; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i - 1]->offset + sorted[i - 1]->size > sorted[i]->offset) {
      throw error(where, "disjoint slices", sorted[i - 1]->name + " over " + sorted[i]->name);
    }
  }
}

inline bool same_table(std::span<const slice> a, std::span<const slice> b) {
  if (a.size() != b.size()) return false;
  return a.data() == b.data() || std::equal(a.begin(), a.end(), b.begin());
}

template <class T>
bool all_finite(std::span<const T> values, std::span<const slice* const> slices) {
  for (const slice* s : slices) {
    const T* x = values.data() + s->offset;
    for (std::int64_t i = 0; i < s->size; ++i) {
      if (!std::isfinite(x[i])) return false;
    }
  }
  return true;
}

}  // namespace detail

// Combines the updates of one round into globals (one buffer of P values per group), see above.
// Throws tessera::error for a table that does not fit, buffers of unequal size, no buffer, a slice
// that no scope covers or rules out of range. Updates must not alias the global buffers.
template <class Aggregator, class T>
requires aggregator<Aggregator, T> aggregation_report
aggregate_round(std::span<const std::span<T>> globals, std::span<const slice> table,
                std::span<const client_update<T>> updates, std::span<const scope> scopes,
                const aggregation_rules& rules = {}) {
  const char* where = "federated.aggregate";
  if (globals.empty()) throw error(where, "a buffer for each group", "none");
  const std::size_t size = globals[0].size();
  for (const std::span<T> g : globals) {
    if (g.size() != size) {
      throw error(where, std::to_string(size) + " values in each group", std::to_string(g.size()));
    }
  }
  if (!(rules.max_samples > 0 && rules.max_samples <= 1e15)) {
    throw error(where, "max_samples in (0, 1e15]", std::to_string(rules.max_samples));
  }
  detail::check_table(table, size);
  std::vector<const slice*> shared, grouped, used;
  for (const slice& s : table) {
    const over among = shared_among(s, scopes, rules.state);
    if (among == over::client) continue;
    (among == over::all ? shared : grouped).push_back(&s);
    used.push_back(&s);
  }

  aggregation_report report;
  report.group_clients.assign(globals.size(), 0);
  std::vector<std::size_t> order(updates.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return updates[a].client < updates[b].client;
  });

  const auto judge = [&](const client_update<T>& u) {
    if (u.client < 0) return verdict::bad_client;
    if (u.group < 0 || static_cast<std::size_t>(u.group) >= globals.size()) {
      return verdict::bad_group;
    }
    if (u.round != rules.round) {
      return u.round < rules.round ? verdict::stale_round : verdict::future_round;
    }
    if (!(u.samples >= 0 && u.samples <= rules.max_samples)) return verdict::bad_samples;
    if (u.samples == 0) return verdict::empty;
    if (u.samples < 1e-6) return verdict::bad_samples;  // p_i would underflow beside others
    if (u.values.size() != size || !detail::same_table(u.table, table)) return verdict::bad_table;
    if (!detail::all_finite<T>(u.values, used)) return verdict::not_finite;
    return verdict::accepted;
  };

  report.clients.resize(updates.size());
  std::vector<std::size_t> accepted;
  for (const std::size_t i : order) {
    const client_update<T>& u = updates[i];
    verdict v = judge(u);
    // Only an accepted answer uses up the client's turn.
    if (v == verdict::accepted && !accepted.empty() &&
        updates[accepted.back()].client == u.client) {
      v = verdict::repeated_client;
    }
    report.clients[i] = {u.client, v};
    if (v != verdict::accepted) continue;
    accepted.push_back(i);
    ++report.group_clients[static_cast<std::size_t>(u.group)];
    report.samples += u.samples;
  }

  bool changed = false, kept = false;
  std::vector<std::span<const T>> buffers;
  std::vector<double> weights;
  // Lets the accepted clients of one group (-1: all) speak for `slices`; false if they are too few.
  const auto combine = [&](std::span<const slice* const> slices, int group, std::span<T> global) {
    buffers.clear();
    weights.clear();
    double sum = 0;
    for (const std::size_t i : accepted) {
      if (group >= 0 && updates[i].group != group) continue;
      buffers.push_back(updates[i].values);
      weights.push_back(updates[i].samples);
      sum += updates[i].samples;
    }
    const int least = std::max(1, static_cast<int>(Aggregator::min_clients));
    if (static_cast<int>(buffers.size()) < least) {
      kept = true;
      return;
    }
    for (double& w : weights) w /= sum;
    Aggregator::combine(cohort<T>{slices, buffers, weights, global});
    changed = true;
  };

  if (!shared.empty()) combine(shared, -1, globals[0]);
  if (!shared.empty() && changed) {
    for (std::size_t g = 1; g < globals.size(); ++g) {
      for (const slice* s : shared) {
        std::copy_n(globals[0].data() + s->offset, s->size, globals[g].data() + s->offset);
      }
    }
  }
  if (!grouped.empty()) {
    for (std::size_t g = 0; g < globals.size(); ++g) {
      combine(grouped, static_cast<int>(g), globals[g]);
    }
  }
  report.status = !changed ? round_status::unchanged
                  : kept   ? round_status::partial
                           : round_status::updated;
  return report;
}

// The same without groups: one buffer.
template <class Aggregator, class T>
requires aggregator<Aggregator, T> aggregation_report aggregate_round(
    std::span<T> global, std::span<const slice> table, std::span<const client_update<T>> updates,
    std::span<const scope> scopes, const aggregation_rules& rules = {}) {
  const std::span<T> globals[] = {global};
  return aggregate_round<Aggregator, T>(std::span<const std::span<T>>(globals), table, updates,
                                        scopes, rules);
}

}  // namespace tessera::inline v0
