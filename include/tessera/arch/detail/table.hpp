#pragma once
// Aligned tables of rows that belong to modules; neighbours that are equal are one entry
// (arch/detail/fold.hpp). The first column is the module, "." without one.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/arch/detail/fold.hpp"

namespace tessera::inline v0 {

namespace detail {

// 86567656 -> "86,567,656"
inline std::string grouped_digits(long long n) {
  std::string s = std::to_string(n);
  for (std::size_t i = s.size(); i > 3 + (n < 0 ? 1u : 0u);) s.insert(i -= 3, ",");
  return s;
}

struct table_row {
  std::string path;
  std::vector<std::string> cells;  // of the columns after the first
};

class table_writer {
 public:
  // `sides`: a letter for each column, 'l' for text and 'r' for numbers.
  table_writer(const std::vector<std::string>& header, std::string_view sides,
               const std::vector<table_row>& rows, const std::vector<std::string>& total)
      : rows_(rows), cells_{header}, sides_(sides) {
    std::vector<fold_row> texts;
    for (const table_row& r : rows) {
      texts.push_back({r.path, {}});
      for (const std::string& c : r.cells) texts.back().content += c + '\t';
    }
    add(folder(texts).folds(0, texts.size()), {}, 0);
    cells_.push_back(total);
  }

  std::string text() const {
    std::vector<std::size_t> widths(cells_[0].size(), 0);
    for (const auto& line : cells_)
      for (std::size_t c = 0; line.size() > 1 && c < line.size(); ++c)
        if (line[c].size() > widths[c]) widths[c] = line[c].size();
    std::string s;
    for (const auto& line : cells_) {
      for (std::size_t c = 0; c < line.size(); ++c) {
        const std::string room(line.size() == 1 ? 0 : widths[c] - line[c].size(), ' ');
        s += (c == 0 ? "" : "  ") + (sides_[c] == 'l' ? line[c] + room : room + line[c]);
      }
      s.erase(s.find_last_not_of(' ') + 1);
      s += '\n';
    }
    return s;
  }

 private:
  void add(const std::vector<fold>& folds, std::string_view base, std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    for (const fold& f : folds) {
      if (f.module.empty()) {
        const table_row& r = rows_[f.first];
        cells_.push_back({indent + std::string(below(r.path, base))});
        cells_.back().insert(cells_.back().end(), r.cells.begin(), r.cells.end());
      } else if (f.times == 1) {
        add(f.inner, base, depth);
      } else {
        std::string times = std::to_string(f.times) + " times";
        if (f.period > 1) times += " " + std::to_string(f.period);
        cells_.push_back({indent + std::string(below(f.module, base)) + " ... " +
                          std::string(below(f.last, base)) + ", " + times + ", each:"});
        add(f.inner, f.base, depth + 1);
      }
    }
  }

  const std::vector<table_row>& rows_;
  std::vector<std::vector<std::string>> cells_;
  std::string_view sides_;
};

}  // namespace detail

}  // namespace tessera::inline v0
