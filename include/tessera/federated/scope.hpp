#pragma once
// Who shares a slice. A list of scopes is read from the top and the first pattern that matches a
// slice's name decides (patterns as in in_scope):
//     scope{"head.*", over::client}    stays at the client: neither averaged nor sent (FedBN,
//     FedPer) scope{"blocks.*", over::group}   averaged inside each group of clients scope{"*",
//     over::all}            averaged over every client
// A name that no scope covers is an error, so that a renamed layer cannot fall out of training.
// Usable in constant expressions: static_assert(find_scope("blocks.0.norm1.weight", scopes) == 1).

#include "tessera/error.hpp"
#include "tessera/model/slice.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tessera::inline v0 {

enum class over : std::uint8_t { all, group, client };

struct scope {
  std::string_view pattern;  // not owned: a literal, or text that outlives the list
  over among = over::all;

  friend constexpr bool operator==(const scope&, const scope&) = default;
};

// Index of the first scope that covers `name`, -1 if none does.
constexpr int find_scope(std::string_view name, std::span<const scope> scopes) {
  for (int i = 0; const scope& s : scopes) {
    const std::string_view p = s.pattern;
    const bool prefix = !p.empty() && p.back() == '*';
    if (prefix ? name.starts_with(p.substr(0, p.size() - 1)) : name == p) return i;
    ++i;
  }
  return -1;
}

// What becomes of state (running statistics) in a round. Frozen slices never take part.
enum class state_rule : std::uint8_t {
  keep,     // the server's values stay
  average,  // like weights. The mean of variances ignores how far the clients' means lie apart.
};

// Whether slices of this kind are averaged and sent.
constexpr bool takes_part(slice_kind kind, state_rule state) {
  return kind == slice_kind::weight || (kind == slice_kind::state && state == state_rule::average);
}

// Whose average the slice gets; over::client for a slice that takes no part. Throws
// tessera::error if it takes part and no scope covers it.
inline over shared_among(const slice& s, std::span<const scope> scopes, state_rule state) {
  if (!takes_part(s.kind, state)) return over::client;
  const int i = find_scope(s.name, scopes);
  if (i < 0) throw error("federated.scope", "a scope for every slice", "none for " + s.name);
  return scopes[static_cast<std::size_t>(i)].among;
}

}  // namespace tessera::inline v0
