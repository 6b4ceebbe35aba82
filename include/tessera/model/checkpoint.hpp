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

// Flat buffers laid out as `w`, one per prefix; a slice of one is the tensor prefix + name. All of
// them must be there, and nothing else.
template <class T>
std::vector<std::vector<T>> read_slices(const weights<T>& w, const safetensors_file& file,
                                        const std::string& what,
                                        std::span<const std::string> prefixes) {
  listing missing, unexpected, shaped;
  std::vector<const safetensors_entry*> entries;
  const auto wanted = [&](std::string_view name) {
    for (const std::string& p : prefixes)
      if (name.starts_with(p) && w.find(name.substr(p.size())) != nullptr) return true;
    return false;
  };
  for (const std::string& prefix : prefixes)
    for (const slice& s : w.table) {
      const std::string name = prefix + s.name;
      const safetensors_entry* e = file.find(name);
      entries.push_back(e);
      if (e == nullptr) {
        std::string nearest;
        std::size_t best = name.size() / 2 + 1;
        for (const safetensors_entry& x : file.tensors())
          if (const std::size_t d = edit_distance(name, x.name); d < best && !wanted(x.name))
            best = d, nearest = x.name;
        missing.add(name + (nearest.empty() ? "" : " (nearest there: " + nearest + ")"));
      } else if (!std::equal(s.shape.begin(), s.shape.end(), e->shape.begin(), e->shape.end())) {
        shaped.add(name + " expected " + shape_text(s.shape) + ", found " + shape_text(e->shape));
      }
    }
  for (const safetensors_entry& e : file.tensors())
    if (!wanted(e.name)) unexpected.add(e.name);
  if (missing.count + unexpected.count + shaped.count > 0) {
    std::string found = shaped.say("mis-shaped");
    for (const auto& more : {missing.say("missing"), unexpected.say("unexpected")})
      if (!more.empty()) found += (found.empty() ? "" : " | ") + more;
    throw error("load " + what, std::to_string(entries.size()) + " tensors of this architecture",
                found);
  }
  std::vector<std::vector<T>> buffers;
  auto entry = entries.begin();
  for (const std::string& prefix : prefixes) {
    std::vector<T>& fresh = buffers.emplace_back(w.values.size(), T(0));
    for (const slice& s : w.table) {
      const std::span<T> values(fresh.data() + s.offset, static_cast<std::size_t>(s.size));
      read_floats(**entry++, values);
      for (const T& x : values)
        if (!std::isfinite(x))
          throw error("load " + what + ": " + prefix + s.name, "finite numbers", "others");
    }
  }
  return buffers;
}

// Appends the slices of a flat buffer laid out as `table`, as F32 or F64.
template <class T>
void add_slices(std::vector<safetensors_entry>& entries, const std::vector<slice>& table,
                std::span<const T> values, const std::string& prefix) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                "tessera::save_weights<T>: T must be float or double");
  for (const slice& s : table)
    entries.push_back(
        {prefix + s.name, sizeof(T) == 4 ? dtype::f32 : dtype::f64,
         {s.shape.begin(), s.shape.end()},
         std::as_bytes(values.subspan(static_cast<std::size_t>(s.offset),
                                      static_cast<std::size_t>(s.size)))});
}

}  // namespace detail

template <class T>
void load_weights(weights<T>& w, const safetensors_file& file, const std::string& what) {
  const std::string prefix;
  w.values.swap(detail::read_slices(w, file, what, {&prefix, 1}).front());
}

template <class T>
void load_weights(weights<T>& w, const std::string& path) {
  load_weights(w, safetensors_file::open(path), path);
}

// Every slice as F32 (F64 where T is double), by its name; the file appears whole or not at all.
template <class T>
void save_weights(const weights<T>& w, const std::string& path,
                  const safetensors_metadata& metadata = {}) {
  std::vector<safetensors_entry> entries;
  detail::add_slices<T>(entries, w.table, w.values, "");
  write_safetensors(path, entries, metadata);
}

}  // namespace tessera::inline v0
