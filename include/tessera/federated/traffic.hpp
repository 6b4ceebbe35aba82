#pragma once
// How many bytes a federation sends. Per round, with B = element size x elements of the slices that
// take part and are shared (over all or over a group):
//     down = B x clients that received the weights,   up = B x clients that answered
// so a round in which all of S_t answer costs 2 B |S_t|. Frozen slices, kept state and slices
// scoped over::client cost nothing. Headers, scalars and compression are not counted.

#include "tessera/error.hpp"
#include "tessera/federated/scope.hpp"
#include "tessera/model/slice.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace tessera::inline v0 {

// Elements that one client sends, or receives, per round. Throws tessera::error for a slice that
// no scope covers.
inline std::int64_t shared_elements(std::span<const slice> table, std::span<const scope> scopes,
                                    state_rule state = state_rule::keep) {
  std::int64_t sum = 0;
  for (const slice& s : table) {
    if (shared_among(s, scopes, state) != over::client) sum += s.size;
  }
  return sum;
}

struct traffic {
  std::int64_t down = 0, up = 0;  // bytes, server to clients and back

  constexpr std::int64_t total() const { return down + up; }
  friend constexpr bool operator==(const traffic&, const traffic&) = default;
};

class traffic_meter {
 public:
  // Throws tessera::error for a slice that no scope covers.
  traffic_meter(std::span<const slice> table, std::span<const scope> scopes, int element_size,
                state_rule state = state_rule::keep)
      : bytes_(element_size * shared_elements(table, scopes, state)) {}

  // Counts a round: `selected` clients received the weights, `answered` of them sent an update.
  // Throws tessera::error unless 0 <= answered <= selected.
  traffic count_round(int selected, int answered) {
    if (answered < 0 || answered > selected) {
      throw error("federated.traffic", "0 <= answered <= selected",
                  std::to_string(answered) + " of " + std::to_string(selected));
    }
    last_ = {bytes_ * selected, bytes_ * answered};
    sum_.down += last_.down;
    sum_.up += last_.up;
    ++rounds_;
    return last_;
  }
  traffic count_round(int selected) { return count_round(selected, selected); }

  std::int64_t bytes_per_client() const { return bytes_; }  // one way, B above
  traffic last() const { return last_; }
  traffic sum() const { return sum_; }
  std::int64_t rounds() const { return rounds_; }

 private:
  std::int64_t bytes_ = 0, rounds_ = 0;
  traffic last_, sum_;
};

}  // namespace tessera::inline v0
