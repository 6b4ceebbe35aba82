#pragma once
// Where a data set lies on this machine. Nothing is fetched. Looked in, in this order:
//     $TESSERA_DATA_DIR/<name>
//     <checkout>/../shared/data/<name>   checkout = the macro TESSERA_SOURCE_DIR, where defined
//     ../shared/data/<name>              from the working directory
//     $XDG_CACHE_HOME/tessera/<name>, or ~/.cache/tessera/<name>

#include "tessera/config.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// Defined by a build, for a whole program or not at all.
#if !defined(TESSERA_SOURCE_DIR)
#define TESSERA_SOURCE_DIR ""
#endif

namespace tessera::inline v0 {

struct data_search {
  std::optional<std::filesystem::path> path;     // the folder or file, when there is one
  std::vector<std::filesystem::path> looked_in;  // up to and including it

  // "looked in a, b, c": for the message of a test or program that has to go without.
  std::string places() const {
    std::string text = "looked in ";
    for (std::size_t i = 0; i < looked_in.size(); ++i)
      text.append(i == 0 ? "" : ", ").append(looked_in[i].string());
    return text;
  }
};

inline data_search find_data(std::string_view name,
                             std::string_view source_folder = TESSERA_SOURCE_DIR) {
  using std::filesystem::path;
  const auto environment = [](const char* variable) -> std::string_view {
    const char* value = std::getenv(variable);
    return value == nullptr ? "" : value;
  };
  data_search search;
  const auto look = [&](path place) {
    if (search.path) return;
    place = (place / name).lexically_normal();
    std::error_code ignored;
    if (std::filesystem::exists(place, ignored)) search.path = place;
    search.looked_in.push_back(std::move(place));
  };
  if (const auto folder = environment("TESSERA_DATA_DIR"); !folder.empty()) look(folder);
  const path beside = path("..") / "shared" / "data";
  if (!source_folder.empty()) look(path(source_folder) / beside);
  look(beside);
  if (const auto cache = environment("XDG_CACHE_HOME"); !cache.empty())
    look(path(cache) / "tessera");
  else if (const auto home = environment("HOME"); !home.empty())
    look(path(home) / ".cache" / "tessera");
  return search;
}

}  // namespace tessera::inline v0
