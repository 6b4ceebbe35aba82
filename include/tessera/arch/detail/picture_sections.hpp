#pragma once
// The sections of a drawing: each tower of a step, each exit, the losses. What computes gradients
// is left out.

#include <string>
#include <string_view>
#include <vector>

#include "tessera/arch/detail/ends.hpp"
#include "tessera/arch/detail/fold.hpp"

namespace tessera::inline v0 {

namespace detail::drawing {

struct picture_section {
  std::string base;     // of its names: "student", "exits.0"
  std::string heading;  // of a tower, of the losses
  int first = 0, end = 0;  // nodes
  bool exit = false, losses = false, column = false;  // column: begins one

  // What its names are shown below: the tower, for an exit too.
  std::string_view outer() const {
    const std::string_view b = base;
    return !exit ? b : b.starts_with("exits.") ? b.substr(0, 0) : b.substr(0, b.rfind(".exits."));
  }
};

inline bool in_module(std::string_view path, std::string_view module) {
  return !module.empty() && path.starts_with(module) &&
         (path.size() == module.size() || path[module.size()] == '.');
}

// Nodes before those that compute gradients.
inline int forward_nodes(const graph& g) {
  int i = 0;
  while (i < g.nodes.size() && std::string_view(g.text_at(g.nodes[i].text)) != "gradient") ++i;
  return i;
}

// Of the first `end` nodes.
inline std::vector<picture_section> find_sections(const graph& g, int end) {
  std::vector<picture_section> sections;
  std::vector<std::string> towers;
  for (const tap& t : g.taps)
    if (const std::string_view name = g.text_at(t.text); name.ends_with(".output"))
      towers.emplace_back(name.substr(0, name.size() - 7));
  const bool step = end < g.nodes.size();
  for (int i = 0; i < end; ++i) {
    const std::string_view path = g.text_at(g.nodes[i].text);
    picture_section s;
    s.first = i;
    s.losses = step && (in_module(path, "loss") || in_module(path, "term") ||
                        (path.empty() && !sections.empty() && sections.back().losses));
    for (const std::string& t : towers)
      if (in_module(path, t)) s.base = s.heading = t;
    const std::string_view module = numbered_part(path, s.base.size());
    s.exit = is_exit(module);
    if (s.exit) s.base = std::string(module), s.heading.clear();
    if (s.losses) s.heading = "losses";
    if (sections.empty() || sections.back().base != s.base ||
        sections.back().losses != s.losses) {
      s.column = sections.empty() || !s.exit || !sections.back().exit;
      sections.push_back(s);
    }
    sections.back().end = i + 1;
  }
  return sections;
}

}  // namespace detail::drawing

}  // namespace tessera::inline v0
