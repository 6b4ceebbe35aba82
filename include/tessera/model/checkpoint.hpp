#pragma once
// Weights in and out of safetensors files, by name. Loading is strict: every slice must be there
// with its shape and finite numbers, and nothing else may be; otherwise one tessera::error lists what is missing (with
// the nearest name in the file), unexpected and mis-shaped, and no weight has changed.

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tessera/io/safetensors.hpp"
#include "tessera/model/weights.hpp"

namespace tessera::inline v0 {

namespace detail {

inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t up = row[j];
      row[j] = std::min({up + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)});
      corner = up;
    }
  }
  return row[b.size()];
}

// A list for a message: the first few, and how many more.
struct listing {
  std::string text;
  int count = 0;
  void add(const std::string& item) {
    if (++count <= 5) text += (text.empty() ? "" : "; ") + item;
  }
  std::string say(const char* what) const {
    if (count == 0) return {};
    std::string s = std::to_string(count) + " " + what + ": " + text;
    return count > 5 ? s + "; and " + std::to_string(count - 5) + " more" : s;
  }
};

}  // namespace detail

template <class T>
void load_weights(weights<T>& w, const safetensors_file& file, const std::string& what) {
  detail::listing missing, unexpected, shaped;
  std::vector<std::pair<const slice*, const safetensors_entry*>> pairs;
  for (const slice& s : w.table) {
    const safetensors_entry* e = file.find(s.name);
    if (e == nullptr) {
      std::string nearest;
      std::size_t best = s.name.size() / 2 + 1;
      for (const safetensors_entry& x : file.tensors())
        if (const std::size_t d = detail::edit_distance(s.name, x.name);
            d < best && w.find(x.name) == nullptr)
          best = d, nearest = x.name;
      missing.add(s.name + (nearest.empty() ? "" : " (nearest there: " + nearest + ")"));
    } else if (!std::equal(s.shape.begin(), s.shape.end(), e->shape.begin(), e->shape.end())) {
      shaped.add(s.name + " expected " + shape_text(s.shape) + ", found " +
                 shape_text(e->shape));
    } else {
      pairs.emplace_back(&s, e);
    }
  }
  for (const safetensors_entry& e : file.tensors())
    if (w.find(e.name) == nullptr) unexpected.add(e.name);
  if (missing.count + unexpected.count + shaped.count > 0) {
    std::string found = shaped.say("mis-shaped");
    for (const auto& more : {missing.say("missing"), unexpected.say("unexpected")})
      if (!more.empty()) found += (found.empty() ? "" : " | ") + more;
    throw error("load " + what, std::to_string(w.table.size()) + " tensors of this architecture",
                found);
  }
  std::vector<T> fresh(w.values.size(), T(0));
  for (const auto& [s, e] : pairs) {
    const std::span<T> values(fresh.data() + s->offset, static_cast<std::size_t>(s->size));
    read_floats(*e, values);
    for (const T& x : values)
      if (!std::isfinite(x)) throw error("load " + what + ": " + s->name, "finite numbers", "others");
  }
  w.values.swap(fresh);
}

template <class T>
void load_weights(weights<T>& w, const std::string& path) {
  load_weights(w, safetensors_file::open(path), path);
}

// Every slice as F32 (F64 where T is double), by its name; the file appears whole or not at all.
template <class T>
void save_weights(const weights<T>& w, const std::string& path,
                  const safetensors_metadata& metadata = {}) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                "tessera::save_weights<T>: T must be float or double");
  std::vector<safetensors_entry> entries;
  for (const slice& s : w.table) {
    const std::span<const T> values(w.values.data() + s.offset, static_cast<std::size_t>(s.size));
    entries.push_back({s.name, sizeof(T) == 4 ? dtype::f32 : dtype::f64,
                       {s.shape.begin(), s.shape.end()}, std::as_bytes(values)});
  }
  write_safetensors(path, entries, metadata);
}

}  // namespace tessera::inline v0
