#pragma once
// The ways of edges. To the box below: a straight line. To another box of the frame: a curve on the
// left, from the port of the frame if the value comes from outside. Anything else: a line through
// the space between columns, and above them if it passes a column; edges of one box share it.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tessera/arch/detail/picture_columns.hpp"
#include "tessera/arch/detail/picture_marks.hpp"

namespace tessera::inline v0 {

namespace detail::drawing {

class picture_routes {
 public:
  picture_routes(picture& p, picture_columns& columns) : p_(p) {
    count_lanes();
    std::vector<double> left;
    double before = 0;
    for (std::size_t c = 0; c < p.columns.size(); ++c) {
      gutter_x_.push_back(columns.width_before(c) + before);
      left.push_back((c == 0 ? (lanes_[c].empty() ? 0 : 14) : 24) +
                     lane * static_cast<double>(lanes_[c].size()));
      before += left.back();
    }
    top_ = bands_.empty() ? 0 : lane * (static_cast<double>(bands_.size()) + 1);
    columns.place(left, top_);
    route();
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  // A curve stays within one frame with nothing but boxes between its ends.
  bool is_curve(const edge& e) const {
    const box &from = p_.boxes[at(e.from)], &to = p_.boxes[at(e.to)];
    return flat(e) && (p_.port_of(e) >= 0 || (from.column == to.column && from.frame == to.frame));
  }
  bool flat(const edge& e) const {
    const int port = p_.port_of(e);
    const int first = port >= 0 ? p_.frames[at(port)].first : e.from;
    for (int b = first; b <= e.to; ++b)
      if (p_.boxes[at(b)].frame != p_.boxes[at(e.to)].frame) return false;
    return true;
  }
  bool first_in(const edge& e) const {  // whether it comes in from above
    for (const edge& other : p_.edges)
      if (other.to == e.to && (p_.straight(other) || &other < &e)) return p_.straight(e);
    return true;
  }
  void count_lanes() {
    lanes_.resize(p_.columns.size());
    for (const edge& e : p_.edges) {
      if (p_.straight(e) || is_curve(e)) continue;
      const int a = p_.boxes[at(e.from)].column, b = p_.boxes[at(e.to)].column;
      use_lane(lanes_[at(a == b ? a : a + 1)], e.from);
      if (b > a + 1) {
        use_lane(bands_, e.from);
        use_lane(lanes_[at(b)], e.from);
      }
    }
  }
  static void use_lane(std::vector<int>& lanes, int from) {
    if (std::find(lanes.begin(), lanes.end(), from) == lanes.end()) lanes.push_back(from);
  }
  static double place_of(const std::vector<int>& lanes, int from) {
    return static_cast<double>(std::find(lanes.begin(), lanes.end(), from) - lanes.begin());
  }
  double lane_x(int gutter, int from) const {
    return gutter_x_[at(gutter)] + (gutter == 0 ? 4 : 14) +
           lane * place_of(lanes_[at(gutter)], from);
  }

  void route() {
    std::vector<int> entries(p_.boxes.size(), 0);
    for (edge& e : p_.edges) {
      const box &from = p_.boxes[at(e.from)], &to = p_.boxes[at(e.to)];
      if (p_.straight(e)) {
        e.path = {{from.middle(), from.y + from.h}, {to.middle(), to.y}};
        continue;
      }
      // Left entries of one box lie apart; what leaves on the left leaves lower.
      const double enter =
          to.y + std::min(std::min(15.0, to.h / 2) + 9.0 * entries[at(e.to)], to.h - 6);
      if (is_curve(e)) {
        ++entries[at(e.to)];
        e.curve = true;
        const int port = p_.port_of(e);
        double y = from.y + 30 < from.y + from.h ? from.y + 30 : from.y + from.h / 2;
        if (port >= 0) y = p_.port_y(port);
        e.level = free_level(e);
        const double bulge = 22 + 9.0 * e.level;
        e.path = {{to.x, y}, {to.x - bulge, y}, {to.x - bulge, enter}, {to.x, enter}};
        if (port >= 0) e.path.insert(e.path.begin(), {to.middle(), y});
        continue;
      }
      const int a = from.column, b = to.column;
      const double side = from.y + from.h / 2;
      std::vector<point>& p = e.path;
      double x;
      if (a == b) {
        x = lane_x(a, e.from);
        p = {{from.x, side + 6}, {x, side + 6}};
      } else {
        x = lane_x(a + 1, e.from);
        p = {{from.x + box_width, side}, {x, side}};
        if (b > a + 1) {
          const double y = top_ - lane * (1 + place_of(bands_, e.from));
          p.push_back({x, y});
          x = lane_x(b, e.from);
          p.push_back({x, y});
        }
      }
      if (first_in(e) && a != b) {
        double top = to.y;
        for (int f = to.frame; f >= 0 && p_.frames[at(f)].first == e.to; f = p_.frames[at(f)].outer)
          top = p_.frames[at(f)].y;
        p.push_back({x, top - 10});
        p.push_back({to.middle(), top - 10});
        p.push_back({to.middle(), to.y});
      } else {
        ++entries[at(e.to)];
        p.push_back({x, enter});
        p.push_back({to.x, enter});
      }
    }
  }
  // The least level that no curve has which shares a height with this one.
  int free_level(const edge& e) const {
    bool used[3] = {};
    for (const edge& other : p_.edges)
      if (&other < &e && other.curve && other.to > e.from && other.from < e.to &&
          p_.boxes[at(other.to)].frame == p_.boxes[at(e.to)].frame &&
          p_.boxes[at(other.to)].column == p_.boxes[at(e.to)].column)
        used[other.level] = true;
    return !used[0] ? 0 : !used[1] ? 1 : 2;
  }

  picture& p_;
  double top_ = 0;
  std::vector<std::vector<int>> lanes_;  // left of each column: the boxes that edges leave
  std::vector<int> bands_;               // above the columns
  std::vector<double> gutter_x_;
};

// All of it.
inline picture draw(const graph& g) {
  picture p;
  const picture_nodes nodes(g, p);
  picture_marks(g, nodes, p);
  picture_columns columns(p);
  picture_routes(p, columns);
  return p;
}

}  // namespace detail::drawing

}  // namespace tessera::inline v0
