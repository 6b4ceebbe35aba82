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

class table_writer {
 public:
  // The content of a row holds its cells, each after a tab; so do `header` and `total`. `sides`: a
  // letter for each column, 'l' for text and 'r' for numbers.
  table_writer(const std::string& header, std::string_view sides,
               const std::vector<fold_row>& rows, const std::string& total)
      : rows_(rows), lines_{header}, sides_(sides) {
    add(folder(rows).folds(0, rows.size()), {}, 0);
    lines_.push_back(total);
  }

  std::string text() const {
    std::size_t widths[16] = {};
    for (const std::string& line : lines_)
      for (std::size_t c = 0, at = 0; at < line.size() && line.find('\t') != line.npos; ++c) {
        const std::string_view cell = next_cell(line, at);
        if (cell.size() > widths[c]) widths[c] = cell.size();
      }
    std::string s;
    for (const std::string& line : lines_) {
      for (std::size_t c = 0, at = 0; at < line.size(); ++c) {
        const std::string_view cell = next_cell(line, at);
        const std::size_t room = cell.size() < widths[c] ? widths[c] - cell.size() : 0;
        s.append(c == 0 ? 0 : 2, ' ');
        s.append(sides_[c] == 'l' ? 0 : room, ' ');
        s += cell;
        s.append(sides_[c] == 'l' ? room : 0, ' ');
      }
      s.erase(s.find_last_not_of(' ') + 1);
      s += '\n';
    }
    return s;
  }

 private:
  // The cell that begins at `at`, which moves behind it and its tab.
  static std::string_view next_cell(std::string_view line, std::size_t& at) {
    const std::size_t first = at, end = line.find('\t', first);
    at = end == line.npos ? line.size() : end + 1;
    return line.substr(first, end == line.npos ? end : end - first);
  }
  void add(const std::vector<fold>& folds, std::string_view base, std::size_t depth) {
    for (const fold& f : folds) {
      if (f.times == 1 && !f.module.empty()) {
        add(f.inner, base, depth);
        continue;
      }
      std::string line(2 * depth, ' ');
      if (f.module.empty()) {
        line += below(rows_[f.first].path, base);
        lines_.push_back(line + rows_[f.first].content);
        continue;
      }
      (((line += below(f.module, base)) += " ... ") += below(f.last, base)) += ", ";
      line += std::to_string(f.times) + " times";
      if (f.period > 1) line += " " + std::to_string(f.period);
      lines_.push_back(line + ", each:");
      add(f.inner, f.base, depth + 1);
    }
  }

  const std::vector<fold_row>& rows_;
  std::vector<std::string> lines_;
  std::string_view sides_;
};

}  // namespace detail

}  // namespace tessera::inline v0
