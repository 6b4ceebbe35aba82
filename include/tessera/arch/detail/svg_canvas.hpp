#pragma once
// The text of an SVG under construction: what is drawn, and how texts are escaped and measured.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/arch/detail/picture.hpp"

namespace tessera::inline v0 {

namespace detail::drawing {

inline std::string xml_escaped(std::string_view text) {
  constexpr const char* marks[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
  std::string s;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 && c != '\t' && c != '\n')
      s += "\uFFFD";  // XML 1.0 has no way to write it
    else if (const std::size_t at = std::string_view("&<>\"").find(c); at < 4)
      s += marks[at];
    else
      s += c;
  }
  return s;
}

// Characters, not bytes.
inline std::size_t glyphs(std::string_view text) {
  std::size_t n = 0;
  for (char c : text) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}
// Wider than the texts of most fonts; a bold text is given as one 10 % larger.
inline constexpr double bold = 1.1;
inline double text_width(std::string_view text, double size) {
  return 0.62 * size * static_cast<double>(glyphs(text));
}
inline std::string shortened(std::string_view text, double size, double room) {
  if (text_width(text, size) <= room) return std::string(text);
  const double fits = room / (0.62 * size) - 1;
  std::size_t end = 0, n = 0;
  while (end < text.size()) {
    std::size_t next = end + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    if (static_cast<double>(++n) > fits) break;
    end = next;
  }
  return std::string(text.substr(0, end)) + "\u2026";
}

class svg_canvas {
 protected:
  static std::string number(double x) {  // one decimal
    const long long tenths = static_cast<long long>(x * 10 + (x < 0 ? -0.5 : 0.5));
    std::string s = tenths < 0 ? "-" : "";
    const long long a = tenths < 0 ? -tenths : tenths;
    s += std::to_string(a / 10);
    return a % 10 == 0 ? s : s + "." + std::to_string(a % 10);
  }

  void write_text(double x, double y, std::string_view style, std::string_view text,
                  std::string_view anchor = {}) {
    open_tag("text", style, x, y);
    if (!anchor.empty()) ((out_ += " text-anchor=\"") += anchor) += '"';
    out_ += '>' + xml_escaped(text) + "</text>\n";
  }
  void write_rect(std::string_view style, double x, double y, double w, double h, double radius) {
    open_tag("rect", style, x, y);
    out_ += " width=\"" + number(w) + "\" height=\"" + number(h) + "\" rx=\"" + number(radius) +
            "\"/>\n";
  }

  void write_edge(const edge& e) {
    const std::vector<point>& p = e.path;
    std::string d = "M" + at(p[0]);
    if (e.curve) {
      const std::size_t n = p.size();
      if (n == 5) d += "L" + at(p[1]);
      d += "C" + at(p[n - 3]) + " " + at(p[n - 2]) + " " + at(p[n - 1]);
    } else {
      for (std::size_t i = 1; i + 1 < p.size(); ++i) {  // a rounded corner
        const double before = distance(p[i - 1], p[i]), after = distance(p[i], p[i + 1]);
        const double r = std::min({7.0, before / 2, after / 2});
        d += "L" + at(towards(p[i], p[i - 1], r)) + "Q" + at(p[i]) + " " +
             at(towards(p[i], p[i + 1], r));
      }
      d += "L" + at(p.back());
    }
    out_ += std::string("<path class=\"e") + (e.exit ? " x" : "") + (e.dashed ? " d" : "") +
            "\" marker-end=\"url(#tessera-" + (e.exit ? "ax" : "a") + ")\" d=\"" + d + "\"/>\n";
  }

  std::string out_;

 private:
  void open_tag(std::string_view tag, std::string_view style, double x, double y) {
    (((out_ += '<') += tag) += " class=\"") += style;
    out_ += "\" x=\"" + number(x) + "\" y=\"" + number(y) + '"';
  }
  static std::string at(const point& p) { return number(p.x) + " " + number(p.y); }
  static double distance(const point& a, const point& b) {  // along an axis
    const double x = a.x > b.x ? a.x - b.x : b.x - a.x, y = a.y > b.y ? a.y - b.y : b.y - a.y;
    return x + y;
  }
  static point towards(const point& from, const point& to, double r) {
    const double d = distance(from, to);
    if (d == 0) return from;
    return {from.x + (to.x - from.x) * r / d, from.y + (to.y - from.y) * r / d};
  }
};

}  // namespace detail::drawing

}  // namespace tessera::inline v0
