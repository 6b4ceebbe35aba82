#pragma once
// A drawing of a graph as data: boxes of nodes in frames of modules, in columns, and edges. Lengths
// are px. Made in steps, a header each: sections, nodes and frames, marks and edges, columns, the
// ways of edges (picture_sections.hpp, _nodes, _marks, _columns, _routes). arch/svg.hpp writes it.

#include <cstddef>
#include <string>
#include <vector>

namespace tessera::inline v0 {

namespace detail::drawing {

struct chip {
  std::string text, tip;
  bool exit = false;
};

struct box {
  enum kind_type { op, input, end, heading } kind = op;
  std::string style;  // a class of the style sheet
  std::string title, note, extent, amount, tip;
  std::vector<chip> chips;
  int frame = -1;  // the innermost around it
  double x = 0, y = 0, h = 0;
  int unit = 0, column = 0;
  double middle() const;  // the x its lines are drawn at
};

struct frame_box {
  std::string title, tip;
  int times = 1, outer = -1;
  int levels = 1;   // of frames, this one included
  int first = 0, last = 0;  // boxes
  int source = -1;  // the box that its first box reads: what comes in at the port
  double y = 0, h = 0;
};

struct point {
  double x = 0, y = 0;
};
struct edge {
  int from = 0, to = 0;
  bool dashed = false, exit = false, curve = false;
  int level = 0;  // of a curve: how far out
  std::vector<point> path;  // corners; of a curve: begin, control points, end
};

inline constexpr double box_width = 270, row_height = 42, chip_height = 20, gap = 16, unit_gap = 30,
                        title_height = 24, port_height = 16, frame_left = 32, frame_right = 12,
                        frame_bottom = 12, page_margin = 28, lane = 8;
inline double box::middle() const { return x + box_width / 2; }

// A frame that lies in no other, or a box outside frames: what a column is never broken in.
struct unit {
  double h = 0;
  int levels = 0;
  bool breaks = false;   // begins a column
  bool follows = false;  // reads the unit before it
  int first = 0;         // box
};

struct picture {
  std::vector<box> boxes;      // in the order of nodes
  std::vector<frame_box> frames;
  std::vector<edge> edges;
  std::vector<unit> units;
  std::vector<std::size_t> columns;  // the first unit of each
  double width = 0, height = 0;
  long long parameters = 0, macs = 0, bytes = 0;  // of the nodes drawn
  int nodes = 0, left_out = 0;  // drawn; computing gradients

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  bool inside(int frame, int b) const {
    return frame < 0 || (frames[at(frame)].first <= b && b <= frames[at(frame)].last);
  }
  bool straight(const edge& e) const {
    return e.from == e.to - 1 && boxes[at(e.from)].column == boxes[at(e.to)].column;
  }
  // The innermost frame around e.to at whose port e.from comes in; -1 if none.
  int port_of(const edge& e) const {
    for (int f = boxes[at(e.to)].frame; f >= 0 && !inside(f, e.from); f = frames[at(f)].outer)
      if (frames[at(f)].source == e.from && frames[at(f)].first != e.to) return f;
    return -1;
  }
  double port_y(int frame) const { return frames[at(frame)].y + title_height + 3; }
};

}  // namespace detail::drawing

}  // namespace tessera::inline v0
