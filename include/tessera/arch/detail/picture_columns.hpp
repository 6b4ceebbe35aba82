#pragma once
// The columns of a drawing: its units in their order, like the text of a newspaper, in as many
// columns as make a page, upright or not, the most readable.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tessera/arch/detail/picture.hpp"

namespace tessera::inline v0 {

namespace detail::drawing {

class picture_columns {
 public:
  explicit picture_columns(picture& p) : p_(p) { choose(); }

  // Gives everything its place; `left`: the room left of each column for lines, `top` above.
  void place(const std::vector<double>& left, double top) {
    double x = page_margin;
    for (std::size_t c = 0; c < p_.columns.size(); ++c) {
      const std::size_t end = end_of(c);
      const int levels = column_levels(p_.columns[c], end);
      x += left[c];
      double y = top + (c > 0 ? 12 : 0);
      for (std::size_t u = p_.columns[c]; u < end; ++u) {
        if (u > p_.columns[c]) y += space_before(u);
        for (box& b : p_.boxes)
          if (picture::at(b.unit) == u) b.x = x + levels * frame_left, b.y += y;
        for (frame_box& f : p_.frames)
          if (picture::at(p_.boxes[picture::at(f.first)].unit) == u) f.y += y;
        y += p_.units[u].h;
      }
      p_.height = std::max(p_.height, y);
      x += levels * (frame_left + frame_right) + box_width;
    }
    p_.width = x + page_margin;
  }
  // Where column c begins, without what `left` adds to it.
  double width_before(std::size_t c) const {
    double x = page_margin;
    for (std::size_t k = 0; k < c; ++k)
      x += column_levels(p_.columns[k], end_of(k)) * (frame_left + frame_right) + box_width;
    return x;
  }

 private:
  std::size_t end_of(std::size_t c) const {
    return c + 1 < p_.columns.size() ? p_.columns[c + 1] : p_.units.size();
  }
  bool is_heading(std::size_t u) const {
    return p_.boxes[picture::at(p_.units[u].first)].kind == box::heading;
  }
  double space_before(std::size_t u) const {
    return p_.units[u].follows || is_heading(u - 1) ? gap : unit_gap;
  }
  // Fewest columns no higher than `limit`: the first unit of each.
  std::vector<std::size_t> columns_of(double limit) const {
    std::vector<std::size_t> starts;
    double h = 0;
    for (std::size_t u = 0; u < p_.units.size(); ++u) {
      const double more = u == 0 ? 0 : space_before(u) + p_.units[u].h;
      if (u == 0 || p_.units[u].breaks || (h + more > limit && !is_heading(u - 1))) {
        starts.push_back(u);
        h = p_.units[u].h;
      } else {
        h += more;
      }
    }
    return starts;
  }
  double column_height(std::size_t first, std::size_t end) const {
    double h = 0;
    for (std::size_t u = first; u < end; ++u)
      h += p_.units[u].h + (u > first ? space_before(u) : 0);
    return h;
  }
  int column_levels(std::size_t first, std::size_t end) const {
    int levels = 1;
    for (std::size_t u = first; u < end; ++u) levels = std::max(levels, p_.units[u].levels);
    return levels;
  }

  void choose() {
    if (p_.units.empty()) return;
    // Heights worth trying are those of runs of units.
    std::vector<double> limits;
    for (std::size_t a = 0; a < p_.units.size(); ++a)
      for (std::size_t b = a + 1; b <= p_.units.size(); ++b) limits.push_back(column_height(a, b));
    std::sort(limits.rbegin(), limits.rend());
    double best = 0;
    for (std::size_t l = 0; l < limits.size(); l += 1 + limits.size() / 500) {
      const std::vector<std::size_t> starts = columns_of(limits[l]);
      double h = 0, w = 0;
      for (std::size_t c = 0; c < starts.size(); ++c) {
        const std::size_t end = c + 1 < starts.size() ? starts[c + 1] : p_.units.size();
        h = std::max(h, column_height(starts[c], end));
        w += box_width + column_levels(starts[c], end) * (frame_left + frame_right) + 40;
      }
      h += 220;  // title and legend
      const double scale = std::max(std::min(210 / w, 297 / h), std::min(297 / w, 210 / h));
      // More columns must pay.
      if (scale <= best * (starts.size() > p_.columns.size() ? 1.1 : 1.0001)) continue;
      best = scale;
      p_.columns = starts;
    }
    for (box& b : p_.boxes)
      for (std::size_t c = 0; c < p_.columns.size(); ++c)
        if (picture::at(b.unit) >= p_.columns[c]) b.column = static_cast<int>(c);
  }

  picture& p_;
};

}  // namespace detail::drawing

}  // namespace tessera::inline v0
