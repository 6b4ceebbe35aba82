#pragma once
// Neighbours that are equal are shown once: what print and svg share.
//
// Rows have a path ("layers.0.blocks.3.attn.qkv") and a content (all that is shown of a row but its
// path). Rows next to each other in one numbered module ("blocks.3", "layers.0") are a group;
// groups next to each other that differ in their number only are one group, so many times. This
// holds inside groups too: blocks within a layer, and layers, each at the level where they repeat.
// Modules that alternate (two kinds of block, one after the other) repeat with a period of 2 to 4.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::inline v0 {

namespace detail {

// The first numbered module of `path` below its first `base` characters: "blocks.3" of
// "blocks.3.attn.qkv"; empty if there is none.
inline std::string_view numbered_part(std::string_view path, std::size_t base = 0) {
  for (std::size_t at = path.find('.', base == 0 ? 0 : base + 1); at != path.npos;
       at = path.find('.', at + 1)) {
    std::size_t end = at + 1;
    while (end < path.size() && path[end] >= '0' && path[end] <= '9') ++end;
    if (end > at + 1 && (end == path.size() || path[end] == '.')) return path.substr(0, end);
  }
  return {};
}

// `path` as it is called inside `module`; "." for the module itself.
inline std::string_view below(std::string_view path, std::string_view module) {
  std::string_view rest = path.substr(module.size());
  if (!module.empty() && !rest.empty()) rest.remove_prefix(1);
  return rest.empty() ? "." : rest;
}

// A row (no module, count 1) or a module: rows [first, first + count), shown once for the
// `times * period` modules from `module` to `last`.
struct fold {
  std::size_t first = 0, count = 1;
  int times = 1, period = 1;
  std::string_view module, last;
  std::string_view base;  // what rows inside are named below when it repeats
  std::vector<fold> inner;
};

struct fold_row {
  std::string path, content;
};

class folder {
 public:
  explicit folder(const std::vector<fold_row>& rows) : rows_(rows) {}

  // What rows [first, end), all below `base`, come to. The texts of `rows` must outlive it.
  std::vector<fold> folds(std::size_t first, std::size_t end, std::string_view base = {}) const {
    std::vector<fold> found;
    const std::vector<fold> runs = runs_of(first, end, base);
    for (std::size_t r = 0; r < runs.size();) {
      fold f = runs[r];
      if (!f.module.empty()) {
        int times = 1, period = 1;
        for (int p = 1; p <= 4 && times == 1; ++p) times = repeats(runs, r, period = p);
        if (times == 1) period = 1;
        const auto step = static_cast<std::size_t>(period);
        f.times = times;
        f.period = period;
        f.base = period == 1 ? f.module : base;
        for (std::size_t k = 1; k < step; ++k) f.count += runs[r + k].count;
        r += step * static_cast<std::size_t>(times);
        f.last = runs[r - 1].module;
        f.inner = period == 1 ? folds(f.first, f.first + f.count, f.module)
                              : modules(runs, r - step * static_cast<std::size_t>(times), step);
      } else {
        ++r;
      }
      found.push_back(f);
    }
    return found;
  }

 private:
  // Rows, and neighbours in one numbered module.
  std::vector<fold> runs_of(std::size_t first, std::size_t end, std::string_view base) const {
    std::vector<fold> runs;
    for (std::size_t i = first; i < end;) {
      fold f;
      f.first = i;
      f.module = f.last = numbered_part(rows_[i].path, base.size());
      while (!f.module.empty() && i + f.count < end &&
             numbered_part(rows_[i + f.count].path, base.size()) == f.module)
        ++f.count;
      i += f.count;
      runs.push_back(f);
    }
    return runs;
  }
  // The modules of one period, each for itself.
  std::vector<fold> modules(const std::vector<fold>& runs, std::size_t r, std::size_t count) const {
    std::vector<fold> each(runs.begin() + static_cast<std::ptrdiff_t>(r),
                           runs.begin() + static_cast<std::ptrdiff_t>(r + count));
    for (fold& f : each) f.base = f.module, f.inner = folds(f.first, f.first + f.count, f.module);
    return each;
  }
  // How often the `period` modules from run `r` follow one another.
  int repeats(const std::vector<fold>& runs, std::size_t r, int period) const {
    const auto step = static_cast<std::size_t>(period);
    std::size_t end = r;
    while (end < runs.size() && (end < r + step ? same_stem(runs[r], runs[end])
                                                : alike(runs[end - step], runs[end])))
      ++end;
    const std::size_t times = (end - r) / step;
    return times > 1 ? static_cast<int>(times) : 1;
  }
  static bool same_stem(const fold& a, const fold& b) {
    return !b.module.empty() &&
           a.module.substr(0, a.module.rfind('.')) == b.module.substr(0, b.module.rfind('.'));
  }
  bool alike(const fold& a, const fold& b) const {
    if (!same_stem(a, b) || a.count != b.count) return false;
    for (std::size_t i = 0; i < a.count; ++i) {
      const fold_row &x = rows_[a.first + i], &y = rows_[b.first + i];
      if (below(x.path, a.module) != below(y.path, b.module) || x.content != y.content)
        return false;
    }
    return true;
  }

  const std::vector<fold_row>& rows_;
};

}  // namespace detail

}  // namespace tessera::inline v0
