#pragma once
// What an SVG says once: colours of the light and the dark scheme, fonts, heads of arrows.

#include <string>
#include <string_view>

namespace tessera::inline v0 {

namespace detail::drawing {

// The style sheet; classes are those of arch/svg.hpp.
class svg_style {
 public:
  static std::string text() {
    svg_style s;
    s.write();
    return s.out_;
  }

 private:
  struct colour {
    const char *name, *light, *dark;
  };
  static constexpr colour palette[] = {
      {"page", "#ffffff", "#0d1117"},       {"ink", "#1f2328", "#e6edf3"},
      {"muted", "#59636e", "#9198a1"},      {"line", "#818b98", "#768390"},
      {"box", "#ffffff", "#1c2128"},        {"border", "#c8d1da", "#3d444d"},
      {"frame", "#f6f8fa", "#13181f"},      {"product", "#0969da", "#4493f8"},
      {"attention", "#8250df", "#ab7df8"},  {"norm", "#1a7f37", "#3fb950"},
      {"activation", "#bf8700", "#d29922"}, {"loss", "#cf222e", "#f85149"},
      {"other", "#8c959f", "#656c76"},      {"exit", "#bc4c00", "#f0883e"},
      {"tap-fill", "#ddf4ff", "#12263f"},   {"tap-ink", "#0550ae", "#79c0ff"},
      {"exit-fill", "#fff1e5", "#3a220f"},  {"exit-ink", "#953800", "#ffb77c"},
      {"input-fill", "#dafbe1", "#12301b"}, {"input-ink", "#116329", "#7ee787"},
      {"output-fill", "#fbefff", "#2a1d42"},{"output-ink", "#6639ba", "#d2a8ff"},
      {"loss-fill", "#ffebe9", "#3f1518"},  {"loss-ink", "#a40e26", "#ffa198"},
  };
  // A colour by name, and the light one for readers that know no variables.
  void paint(const std::string& selector, const char* property, std::string_view name) {
    for (const colour& c : palette)
      if (name == c.name)
        out_ += ".tessera " + selector + "{" + property + ":" + c.light + ";" + property +
                ":var(--" + c.name + ")}\n";
  }
  void write() {
    const auto declare = [&](bool dark) {
      out_ += ".tessera{color-scheme:light dark";
      for (const colour& c : palette)
        out_ += std::string(";--") + c.name + ":" + (dark ? c.dark : c.light);
      out_ += "}\n";
    };
    out_ += "<style>\n";
    declare(false);
    out_ += "@media (prefers-color-scheme:dark){\n";
    declare(true);
    out_ += "}\n.tessera text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,"
            "\"Helvetica Neue\",Arial,sans-serif;font-size:11px}\n";
    const auto set = [&](const char* selector, const char* what) {
      out_ += std::string(".tessera .") + selector + "{" + what + "}\n";
    };
    set("h1", "font-size:20px;font-weight:600");
    set("h2", "font-size:14px;font-weight:600");
    set("b", "font-size:12px;font-weight:600");
    set("f", "font-size:12px");
    set("c", "font-size:10px");
    set("n", "font-size:11px;font-weight:600");
    set("e", "fill:none;stroke-width:1.4");
    set("x", "stroke-width:1.6");
    set("d", "stroke-dasharray:4 3");
    for (const char* fill : {"page", "box", "frame"})
      paint(std::string(".") + fill, "fill", fill);
    for (const char* border : {".box", ".frame", ".stack"}) paint(border, "stroke", "border");
    paint(".stack", "fill", "frame");
    paint("text", "fill", "ink");
    paint(".m", "fill", "muted");
    paint(".e", "stroke", "line");
    paint(".x", "stroke", "exit");
    paint(".a", "fill", "line");
    paint(".ax", "fill", "exit");
    paint(".times", "fill", "ink");
    paint(".times-t", "fill", "page");
    for (const char* style : {"product", "attention", "norm", "activation", "loss", "other"})
      paint(std::string(".k-") + style, "fill", style);
    for (const char* style : {"tap", "exit", "input", "output", "loss"}) {
      paint(std::string(".") + style, "fill", std::string(style) + "-fill");
      paint(std::string(".") + style + "-t", "fill", std::string(style) + "-ink");
    }
    out_ += "</style>\n<defs>\n";
    for (const char* kind : {"a", "ax"})
      out_ += std::string("<marker id=\"tessera-") + kind +
              "\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
              "markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"" + kind +
              "\" d=\"M0 0.8L8 4L0 7.2z\"/></marker>\n";
    out_ += "</defs>\n";
  }

  std::string out_;
};

}  // namespace detail::drawing

}  // namespace tessera::inline v0
