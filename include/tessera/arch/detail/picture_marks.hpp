#pragma once
// Chips of taps and exits on the boxes of a drawing, and its edges.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/arch/detail/picture_nodes.hpp"

namespace tessera::inline v0 {

namespace detail::drawing {

class picture_marks {
 public:
  picture_marks(const graph& g, const picture_nodes& nodes, picture& p) : g_(g), n_(nodes), p_(p) {
    add_chips();
    grow_for_chips();
    find_edges();
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  int section_of(int node) const {
    for (std::size_t s = 0; s < n_.sections.size(); ++s)
      if (node < n_.sections[s].end) return static_cast<int>(s);
    return -1;
  }
  // A name as it is called inside the tower of a node.
  std::string in_tower(std::string_view name, int node) const {
    const std::string& tower = n_.sections[at(section_of(node))].heading;
    return std::string(in_module(name, tower) ? below(name, tower) : name);
  }
  std::string tap_at(int producer) const {
    for (const tap& t : g_.taps)
      if (g_.values[root_of(g_, t.value)].producer == producer && !is_end(g_.text_at(t.text)) &&
          exit_of(g_.text_at(t.text)) == nullptr)
        return in_tower(g_.text_at(t.text), producer);
    return std::string(g_.text_at(g_.nodes[producer].text));
  }
  const picture_section* exit_of(std::string_view tap) const {
    for (const picture_section& s : n_.sections)
      if (s.exit && in_module(tap, s.base)) return &s;
    return nullptr;
  }
  static std::string without_digits(std::string name) {
    std::erase_if(name, [](char c) { return c >= '0' && c <= '9'; });
    return name;
  }
  // Taps that differ in numbers only are one chip.
  void add_taps(std::vector<chip>& chips, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::vector<std::string> like;
      bool known = false;
      for (std::size_t k = 0; k < names.size(); ++k)
        if (without_digits(names[k]) == without_digits(names[i]))
          known = known || k < i, like.push_back(names[k]);
      if (known) continue;
      chip c{(like.size() > 1 ? "taps " : "tap ") + like.front(), {}};
      if (like.size() > 1) {
        const std::size_t stem = like.front().rfind('.') + 1;
        const bool same = stem > 0 && like.back().compare(0, stem, like.front(), 0, stem) == 0;
        c.text += "\u2026" + (same ? like.back().substr(stem) : like.back());
      }
      c.tip = like.size() > 1 ? "taps" : "tap";
      for (const std::string& name : like) c.tip += ' ' + name;
      chips.push_back(c);
    }
  }
  void add_chips() {
    std::vector<std::vector<std::string>> names(p_.boxes.size());
    for (const tap& t : g_.taps) {
      const int producer = g_.values[root_of(g_, t.value)].producer;
      const std::string_view name = g_.text_at(t.text);
      if (is_end(name) || producer < 0 || n_.rep[at(producer)] < 0) continue;
      // What an exit reads of others is on the chip of the exit.
      if (const picture_section* s = exit_of(name); s != nullptr && producer < s->first) continue;
      names[at(n_.rep[at(producer)])].push_back(in_tower(name, producer));
    }
    for (std::size_t b = 0; b < p_.boxes.size(); ++b) add_taps(p_.boxes[b].chips, names[b]);
    for (int i = 0; i < n_.drawn; ++i) {
      const picture_section& s = n_.sections[at(section_of(i))];
      for (int k = 0; s.exit && k < g_.nodes[i].inputs; ++k) {
        const value_id v = g_.in(g_.nodes[i], k);
        const int producer = v == absent ? -1 : g_.values[root_of(g_, v)].producer;
        if (producer < 0 || producer >= s.first) continue;
        chip c{in_tower(s.base, producer) + " after " + tap_at(producer), {}, true};
        c.tip = c.text;
        for (const tap& t : g_.taps)
          if (g_.values[root_of(g_, t.value)].producer == producer &&
              exit_of(g_.text_at(t.text)) == &s)
            c.tip += std::string(", tap ") + g_.text_at(t.text);
        bool known = false;
        std::vector<chip>& there = p_.boxes[at(n_.rep[at(producer)])].chips;
        for (const chip& x : there) known = known || x.text == c.text;
        if (!known) there.push_back(c);
      }
    }
  }
  // A box is as high as its rows of chips; all below it in its unit moves down.
  void grow_for_chips() {
    for (std::size_t b = 0; b < p_.boxes.size(); ++b) {
      box& grown = p_.boxes[b];
      const double more = chip_height * static_cast<double>(grown.chips.size());
      grown.h += more;
      p_.units[at(grown.unit)].h += more;
      for (box& x : p_.boxes)
        if (x.unit == grown.unit && x.y > grown.y) x.y += more;
      for (frame_box& f : p_.frames) {
        if (p_.boxes[at(f.first)].unit != grown.unit) continue;
        const int i = static_cast<int>(b);
        if (f.first <= i && i <= f.last) f.h += more;
        if (f.first > i) f.y += more;
      }
    }
  }

  int box_of(value_id v) const {
    const value& x = g_.values[root_of(g_, v)];
    if (x.producer >= 0) return n_.rep[at(x.producer)];
    return x.where == storage::input ? n_.input_box[at(x.index)] : -1;
  }
  void add_edge(int from, int to, bool dashed, bool exit) {
    if (from < 0 || from >= to) return;
    for (edge& e : p_.edges)
      if (e.from == from && e.to == to) return;
    p_.edges.push_back({from, to, dashed, exit, false, 0, {}});
  }
  void find_edges() {
    std::vector<int> node_of(p_.boxes.size(), -1);
    for (int i = n_.drawn; i-- > 0;)
      if (n_.rep[at(i)] >= 0) node_of[at(n_.rep[at(i)])] = i;  // the first copy
    for (std::size_t b = 0; b < p_.boxes.size(); ++b) {
      if (node_of[b] < 0) continue;
      const node& n = g_.nodes[node_of[b]];
      const picture_section& s = n_.sections[at(section_of(node_of[b]))];
      for (int k = 0; k < n.inputs; ++k)
        if (const value_id v = g_.in(n, k); v != absent) {
          const int producer = g_.values[root_of(g_, v)].producer;
          add_edge(box_of(v), static_cast<int>(b), passes_stop(g_, v),
                   s.exit && producer < s.first);
        }
    }
    for (const auto& [t, b] : n_.ends) add_edge(box_of(g_.taps[t].value), b, false, false);
    for (frame_box& f : p_.frames)
      for (const edge& e : p_.edges)
        if (e.to == f.first && f.source < 0) f.source = e.from;
    for (std::size_t b = 1; b < p_.boxes.size(); ++b)
      if (p_.boxes[b].unit != p_.boxes[b - 1].unit)
        for (const edge& e : p_.edges)
          if (e.to == static_cast<int>(b) && e.from == e.to - 1)
            p_.units[at(p_.boxes[b].unit)].follows = true;
  }

  const graph& g_;
  const picture_nodes& n_;
  picture& p_;
};

}  // namespace detail::drawing

}  // namespace tessera::inline v0
