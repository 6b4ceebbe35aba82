#pragma once
// FedMAE's cascade (Yang et al. 2023): shallow encoders trained by groups of clients become the
// blocks of one deep network. Block l of the deep network is block l mod d of group (l / d) mod G,
// d blocks per client; what is not a block comes from group 0 (it is shared over all clients);
// what the clients do not have (a classifier) stays fresh.

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "tessera/model/transfer.hpp"

namespace tessera::inline v0 {

// Fills `deep` from the weights of the groups; reports per slice what was copied and what is fresh.
template <class T>
transfer_report cascade(const std::vector<weights<T>>& groups, weights<T>& deep) {
  if (groups.empty()) throw error("cascade", "at least one group", "none");
  int depth = 0;
  while (groups[0].find("blocks." + std::to_string(depth) + ".norm1.weight") != nullptr) ++depth;
  if (depth == 0) throw error("cascade", "clients with blocks", "none");
  const auto block_of = [](std::string_view name, int& block) -> std::string_view {
    if (!name.starts_with("blocks.")) return {};
    const auto [end, fault] = std::from_chars(name.data() + 7, name.data() + name.size(), block);
    return fault == std::errc{} ? std::string_view(end, static_cast<std::size_t>(name.data() + name.size() - end))
                                : std::string_view{};
  };
  transfer_report all;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto report = transfer<T>(groups[g], deep, [&](std::string_view name) -> std::string {
      int l = 0;
      const std::string_view rest = block_of(name, l);
      if (rest.empty()) return g == 0 ? std::string(name) : std::string();
      if (static_cast<std::size_t>(l / depth) % groups.size() != g) return {};
      return "blocks." + std::to_string(l % depth) + std::string(rest);
    });
    all.copied.insert(all.copied.end(), report.copied.begin(), report.copied.end());
  }
  for (const slice& s : deep.table)
    if (std::find(all.copied.begin(), all.copied.end(), s.name) == all.copied.end())
      all.fresh.push_back(s.name);
  return all;
}

}  // namespace tessera::inline v0
