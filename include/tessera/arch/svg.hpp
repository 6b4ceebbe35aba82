#pragma once
// A graph as a picture of one page:  ts::to_svg<vit_b>(file);
//
// Every op is a box with its module, op, output and parameters; modules are frames; neighbours that
// look the same are drawn once with their number. Values flow down; what skips boxes is a curve on
// the left, what leads to another column a line between the columns; a dashed line passes a
// stop-gradient. Chips name taps and exits, pills inputs and results. Of a training step: towers
// and losses, and how many nodes that compute gradients are left out. Colours follow the reader's
// light or dark scheme. The page suits A4 paper, upright or not.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/arch/detail/picture_routes.hpp"
#include "tessera/arch/detail/svg_canvas.hpp"
#include "tessera/arch/detail/svg_style.hpp"

namespace tessera::inline v0 {

namespace detail::drawing {

class svg_writer : svg_canvas {
 public:
  svg_writer(const graph& g, std::string_view title, int left_out)
      : picture_(draw(g)), title_(title) {
    left_out += picture_.left_out;
    if (title_.empty()) title_ = picture_.left_out > 0 ? "Training step" : "Architecture";
    const auto digits = [](long long n) { return grouped_digits(n); };
    facts_ = {digits(picture_.parameters) + " parameters", digits(picture_.macs) + " MACs",
              digits(picture_.bytes) + " bytes", digits(picture_.nodes) + " nodes"};
    notes_ = {"B is the batch; MACs and bytes of values are of one sample in float."};
    if (left_out > 0)
      notes_.push_back(digits(left_out) + " nodes that compute gradients and update weights are "
                                          "left out.");
    width_ = std::max(picture_.width, 520.0);
    top_ = header(false);
  }

  std::string text() {
    const double below = top_ + picture_.height + 34;
    const double height = below + legend(below, false) + 18;
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tessera\" viewBox=\"0 0 " +
           number(width_) + " " + number(height) + "\" width=\"" + number(width_) +
           "\" height=\"" + number(height) +
           "\" role=\"img\" aria-labelledby=\"tessera-title tessera-desc\">\n";
    out_ += "<title id=\"tessera-title\">" + xml_escaped(title_) + "</title>\n";
    out_ += "<desc id=\"tessera-desc\">" + xml_escaped(description()) + "</desc>\n";
    out_ += svg_style::text();
    out_ += "<rect class=\"page\" width=\"" + number(width_) + "\" height=\"" + number(height) +
            "\"/>\n";
    header(true);
    const double dx = (width_ - picture_.width) / 2;
    out_ += "<g transform=\"translate(" + number(dx) + " " + number(top_) + ")\">\n";
    for (const frame_box& f : picture_.frames) write_frame(f);
    for (const edge& e : picture_.edges) write_edge(e);
    for (std::size_t f = 0; f < picture_.frames.size(); ++f) write_port(f);
    for (const box& b : picture_.boxes) write_box(b);
    out_ += "</g>\n";
    legend(below, true);
    return out_ + "</svg>\n";
  }

 private:
  std::string description() const {
    std::string s;
    for (const std::string& f : facts_) s += (s.empty() ? "" : ", ") + f;
    s += '.';
    for (const std::string& n : notes_) s += " " + n;
    return s;
  }

  // Title, facts and notes, as many to a line as fit; returns the height.
  double header(bool write) {
    double y = 44;
    const double room = width_ - 2 * page_margin;
    if (write) write_text(page_margin, y, "h1", shortened(title_, 20 * bold, room));
    const auto lines = [&](const std::vector<std::string>& parts, const char* between,
                           double size, const char* style) {
      std::string line;
      const auto end_line = [&] {
        y += size + 8;
        if (write) write_text(page_margin, y, style, shortened(line, size, room));
      };
      for (const std::string& part : parts) {
        const std::string longer = line.empty() ? part : line + between + part;
        if (!line.empty() && text_width(longer, size) > room) {
          end_line();
          line = part;
        } else {
          line = longer;
        }
      }
      end_line();
    };
    lines(facts_, "  \u00b7  ", 12, "f");
    lines(notes_, " ", 11, "m");
    return y + 26;
  }

  void write_frame(const frame_box& f) {
    const box& first = picture_.boxes[static_cast<std::size_t>(f.first)];
    const double x = first.x - frame_left * f.levels,
                 w = box_width + (frame_left + frame_right) * f.levels;
    out_ += "<g><title>" + xml_escaped(f.tip) + "</title>\n";
    if (f.times > 1)
      for (const double d : {6.0, 3.0}) write_rect("stack", x + d, f.y + d, w, f.h, 12);
    write_rect("frame", x, f.y, w, f.h, 12);
    const std::string times = "\u00d7 " + std::to_string(f.times);
    const double badge = f.times > 1 ? text_width(times, 11 * bold) + 14 : 0;
    // Up to the line that comes in from above.
    write_text(x + 12, f.y + 18, "b", shortened(f.title, 12 * bold, first.middle() - x - 18));
    if (badge > 0) {
      write_rect("times", x + w - badge - 10, f.y + 6, badge, 17, 8.5);
      write_text(x + w - badge / 2 - 10, f.y + 18.3, "n times-t", times, "middle");
    }
    out_ += "</g>\n";
  }

  // Where a value comes into a frame, if more than its first box reads it.
  void write_port(std::size_t f) {
    const frame_box& frame = picture_.frames[f];
    const double y = picture_.port_y(static_cast<int>(f));
    bool used = false;
    for (const edge& e : picture_.edges)
      used = used || (e.curve && e.path.size() == 5 && e.path[0].y == y &&
                      e.to > frame.first && e.to <= frame.last);
    if (used)
      out_ += "<circle class=\"a\" cx=\"" +
              number(picture_.boxes[static_cast<std::size_t>(frame.first)].middle()) +
              "\" cy=\"" + number(y) + "\" r=\"2.6\"/>\n";
  }

  void write_box(const box& b) {
    if (b.kind == box::heading)
      return write_text(b.x, b.y + 20, "h2", shortened(b.title, 14 * bold, box_width));
    out_ += "<g><title>" + xml_escaped(b.tip) + "</title>\n";
    if (b.kind == box::op)
      write_op(b);
    else
      write_pill(b);
    out_ += "</g>\n";
  }
  void write_op(const box& b) {
    write_rect("box", b.x, b.y, box_width, b.h, 8);
    write_rect("k-" + b.style, b.x + 6, b.y + 8, 4, row_height - 16, 2);
    const double left = b.x + 18, right = b.x + box_width - 10, room = right - left;
    const std::string note = shortened(b.note, 11, room * 0.6);
    const double title_room = room - text_width(note, 11) - 8;
    write_text(left, b.y + 18, "b", shortened(b.title, 12 * bold, title_room));
    if (!note.empty()) write_text(right, b.y + 18, "m", note, "end");
    std::string amount = b.amount;
    const std::string extent = shortened(with_crosses(b.extent), 11, room * 0.6);
    const double amount_room = room - text_width(extent, 11) - 8;
    if (!amount.empty() && text_width(amount + " parameters", 11) <= amount_room)
      amount += " parameters";
    write_text(left, b.y + 34, "m", extent);
    if (!amount.empty())
      write_text(right, b.y + 34, "m", shortened(amount, 11, amount_room), "end");
    double y = b.y + row_height - 2;
    for (const chip& c : b.chips) {
      const std::string text = shortened(c.text, 10, room - 14);
      const double w = text_width(text, 10) + 14;
      out_ += "<g><title>" + xml_escaped(c.tip) + "</title>\n";
      write_rect(c.exit ? "exit" : "tap", left, y, w, 16, 8);
      write_text(left + w / 2, y + 11.5, c.exit ? "c exit-t" : "c tap-t", text, "middle");
      out_ += "</g>\n";
      y += chip_height;
    }
  }
  void write_pill(const box& b) {
    write_rect(b.style, b.x, b.y, box_width, b.h, b.h / 2);
    const std::string style = b.style + "-t";
    const std::string extent = shortened(with_crosses(b.extent), 11, box_width * 0.5);
    write_text(b.x + 16, b.y + 18.5, "b " + style,
               shortened(b.title, 12 * bold, box_width - 44 - text_width(extent, 11)));
    write_text(b.x + box_width - 16, b.y + 18.5, style, extent, "end");
  }
  static std::string with_crosses(const std::string& extent) {  // "B x 3" with the sign
    std::string s;
    for (char c : extent) c == 'x' ? s += "\u00d7" : s += c;
    return s;
  }

  // The colours that occur, as many to a line as fit; returns the height.
  double legend(double y, bool write) {
    constexpr const char* all[][2] = {{"product", "matrix product"}, {"attention", "attention"},
                                      {"norm", "norm"},              {"activation", "activation"},
                                      {"other", "other"},            {"loss", "loss"}};
    double x = page_margin, below = 14;
    for (const auto& [style, text] : all) {
      bool occurs = false;
      for (const box& b : picture_.boxes) occurs |= b.kind == box::op && b.style == style;
      if (!occurs) continue;
      const double w = text_width(text, 11) + 28;
      if (x + w > width_ - page_margin && x > page_margin) x = page_margin, below += 18;
      if (write) {
        write_rect(std::string("k-") + style, x, y + below - 11, 10, 10, 3);
        write_text(x + 15, y + below - 2, "m", text);
      }
      x += w;
    }
    return below;
  }

  picture picture_;
  std::string title_;
  std::vector<std::string> facts_, notes_;
  double width_ = 0, top_ = 0;
};

}  // namespace detail::drawing

// The SVG of a graph that was built at run time.
inline std::string svg_text(const graph& g, std::string_view title = {}) {
  return detail::drawing::svg_writer(g, title, 0).text();
}

// Writes that of an architecture or of a training step to any stream.
template <class A, class Stream>
void to_svg(Stream&& out, std::string_view title = {}) {
  int update = 0;
  if constexpr (requires { A::update(); }) update = A::update().nodes.size();
  out << detail::drawing::svg_writer(detail::graph_to_show<A>(), title, update).text();
}

}  // namespace tessera::inline v0
