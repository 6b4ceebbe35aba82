#pragma once
// The boxes and frames of a graph, each unit from y = 0.
//
// Within a section neighbours that would look the same are drawn once (fold.hpp) and modules are
// frames.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/arch/detail/picture.hpp"
#include "tessera/arch/detail/picture_sections.hpp"
#include "tessera/arch/print.hpp"

namespace tessera::inline v0 {

namespace detail::drawing {

class picture_nodes {
 public:
  picture_nodes(const graph& g, picture& p)
      : rep(static_cast<std::size_t>(g.nodes.size()), -1),
        input_box(static_cast<std::size_t>(g.inputs.size()), -1),
        g_(g),
        p_(p),
        parameters_(parameters_by_node(g)) {
    drawn = forward_nodes(g);
    p.nodes = drawn;
    p.left_out = g.nodes.size() - drawn;
    const std::vector<bool> read = values_read(g);
    for (int i = 0; i < drawn; ++i) {
      p.macs += macs_of(g, g.nodes[i]);
      p.parameters += parameters_[at(i)];
      p.bytes += activation_bytes(g, g.nodes[i], read);
    }
    sections = find_sections(g, drawn);
    for (const picture_section& s : sections) add_section(s);
  }

  int drawn = 0;  // nodes; what follows computes gradients
  std::vector<picture_section> sections;
  std::vector<int> rep, input_box;         // the box of a node, of an input; -1: none
  std::vector<std::pair<int, int>> ends;   // tap, box

 private:
  struct row {
    int node = -1, input = -1, tap = -1;
  };

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  std::string_view path_of(int i) const { return g_.text_at(g_.nodes[i].text); }
  void add_section(const picture_section& s) {
    if (!s.heading.empty()) {
      begin_unit(true);
      box b;
      b.kind = box::heading;
      b.title = s.heading;
      b.h = 26;
      add_box(b);
    }
    rows_.clear();
    texts_.clear();
    const std::string_view outer = s.outer();
    const std::size_t base = outer.size();
    for (int i = s.first; i < s.end;) {  // a run: rows of one numbered module
      const std::string_view module = numbered_part(path_of(i), base);
      int end = i + 1;
      while (end < s.end && !module.empty() && numbered_part(path_of(end), base) == module) ++end;
      for (int k = 0; k < g_.inputs.size(); ++k)
        if (input_box[at(k)] == -1 && reads(i, end, g_.inputs[k].value)) {
          input_box[at(k)] = -2;  // soon
          add_row({-1, k, -1}, {}, "in");
        }
      for (int j = i; j < end; ++j) {
        const node& n = g_.nodes[j];
        std::string content = op_text(n) + extent_text(g_.shape_of(n.output)) +
                              std::to_string(parameters_[at(j)]);
        if (s.losses) content += std::to_string(j);  // each loss is drawn
        add_row({j, -1, -1}, std::string(path_of(j)), content);
      }
      for (int t = 0; t < g_.taps.size(); ++t) {
        const int producer = g_.values[root_of(g_, g_.taps[t].value)].producer;
        if (is_end(g_.text_at(g_.taps[t].text)) && producer >= i && producer < end)
          add_row({-1, -1, t}, {}, "out");
      }
      i = end;
    }
    if (s.heading.empty() && s.column) next_breaks_ = true;
    section_ = &s;
    add_folds(folder(texts_).folds(0, texts_.size(), outer), outer, -1);
  }
  void add_row(const row& r, std::string path, const std::string& content) {
    rows_.push_back(r);
    texts_.push_back({std::move(path), content});
  }
  bool reads(int first, int end, value_id v) const {
    for (int i = first; i < end; ++i)
      for (int k = 0; k < g_.nodes[i].inputs; ++k)
        if (const value_id x = g_.in(g_.nodes[i], k); x != absent && root_of(g_, x) == v)
          return true;
    return false;
  }

  void begin_unit(bool breaks) {
    p_.units.push_back({0, 0, breaks || next_breaks_, false, static_cast<int>(p_.boxes.size())});
    next_breaks_ = false;
    cursor_ = 0;
  }
  int add_box(box b) {
    b.unit = static_cast<int>(p_.units.size()) - 1;
    b.y = cursor_;
    cursor_ += b.h + gap;
    p_.units.back().h = cursor_ - gap;
    p_.boxes.push_back(std::move(b));
    return static_cast<int>(p_.boxes.size()) - 1;
  }

  void add_folds(const std::vector<fold>& folds, std::string_view base, int outer) {
    const bool modules = std::any_of(folds.begin(), folds.end(),
                                     [](const fold& f) { return !f.module.empty(); });
    for (std::size_t i = 0; i < folds.size();) {
      std::size_t end = i + 1;
      std::string_view group;
      if (outer < 0 || modules)  // neighbours of one module without number
        for (group = segment(folds[i], base); end < folds.size() && !group.empty() &&
                                              segment(folds[end], base) == group;)
          ++end;
      if (outer < 0) begin_unit(false);
      if (end - i > 1) {
        const std::string_view module = common_module(folds[i].first, folds[end - 1].first);
        const int f = open_frame(std::string(below(module, base)), std::string(module), outer);
        for (; i < end; ++i) add_node(folds[i].first, module, f);
        close_frame(f);
        continue;
      }
      const fold& f = folds[i++];
      if (f.times * static_cast<int>(f.count) == 1) {
        add_node(f.first, base, outer);
        continue;
      }
      std::string title(below(f.module, base));
      if (f.last != f.module)
        title += "\u2026" + std::string(f.last.substr(f.last.rfind('.') + 1));
      const int frame = open_frame(title, std::string(f.module), outer);
      p_.frames[at(frame)].times = f.times;
      if (f.times > 1) p_.frames[at(frame)].tip += " to " + std::string(f.last);
      add_folds(f.inner, f.period == 1 ? f.module : base, frame);
      close_frame(frame);
      const std::size_t copies = static_cast<std::size_t>(f.times) * f.count;
      for (std::size_t k = f.count; k < copies; ++k)
        rep[at(rows_[f.first + k].node)] = rep[at(rows_[f.first + k % f.count].node)];
    }
  }
  // "patch_embed" of a row "patch_embed.proj" that is in no numbered module.
  std::string_view segment(const fold& f, std::string_view base) const {
    if (!f.module.empty() || rows_[f.first].node < 0) return {};
    const std::string_view name = below(texts_[f.first].path, base);
    return name == "." ? std::string_view() : name.substr(0, name.find('.'));
  }
  std::string_view common_module(std::size_t first, std::size_t last) const {
    std::string_view module = texts_[first].path;
    for (std::size_t i = first; i <= last; ++i)
      while (!in_module(texts_[i].path, module)) module = module.substr(0, module.rfind('.'));
    return module;
  }

  int open_frame(std::string title, std::string tip, int outer) {
    frame_box f;
    f.title = std::move(title);
    f.tip = std::move(tip);
    f.outer = outer;
    f.first = static_cast<int>(p_.boxes.size());
    f.y = cursor_;
    cursor_ += title_height + port_height;
    p_.frames.push_back(std::move(f));
    return static_cast<int>(p_.frames.size()) - 1;
  }
  void close_frame(int i) {
    frame_box& f = p_.frames[at(i)];
    f.last = static_cast<int>(p_.boxes.size()) - 1;
    cursor_ += frame_bottom - gap;
    f.h = cursor_ - f.y;
    cursor_ += gap;
    p_.units.back().h = cursor_ - gap;
    if (f.outer >= 0)
      p_.frames[at(f.outer)].levels = std::max(p_.frames[at(f.outer)].levels, f.levels + 1);
    p_.units.back().levels = std::max(p_.units.back().levels, f.levels);
  }

  void add_node(std::size_t r, std::string_view base, int frame) {
    const row& what = rows_[r];
    box b;
    b.frame = frame;
    if (what.node >= 0) {
      const node& n = g_.nodes[what.node];
      b.note = op_text(n);
      b.title = below(texts_[r].path, base);
      if (b.title == ".") b.title = std::exchange(b.note, {});
      b.extent = extent_text(g_.shape_of(n.output));
      const long long count = parameters_[at(what.node)];
      if (count > 0) b.amount = grouped_digits(count);
      b.style = style_of(n);
      b.tip = std::string(path_of(what.node)) + (path_of(what.node).empty() ? "" : ": ") +
              op_text(n) + " \u2192 " + b.extent + ", " + grouped_digits(count) +
              " parameters, " + grouped_digits(macs_of(g_, n)) + " MACs";
      b.h = row_height;
      rep[at(what.node)] = add_box(b);
    } else {
      b.kind = what.input >= 0 ? box::input : box::end;
      const value_id v = what.input >= 0 ? g_.inputs[what.input].value : g_.taps[what.tap].value;
      b.title = g_.text_at(what.input >= 0 ? g_.inputs[what.input].text : g_.taps[what.tap].text);
      b.extent = extent_text(g_.shape_of(v));
      b.style = what.input >= 0      ? "input"
                : is_exit(b.title) ? "exit"
                : is_loss(b.title) ? "loss"
                                   : "output";
      b.tip = (what.input >= 0 ? "input " : "result ") + b.title;
      b.h = 28;
      const int number = add_box(b);
      if (what.input >= 0)
        input_box[at(what.input)] = number;
      else
        ends.push_back({what.tap, number});
    }
  }
  std::string style_of(const node& n) const {
    const std::string id = n.op->id.text();
    const auto has = [&](const char* what) { return id.find(what) != id.npos; };
    if (section_->losses) return "loss";
    if (has("attention")) return "attention";
    if (has("norm")) return "norm";
    if (n.op->has_macs) return "product";
    for (const char* what : {"gelu", "relu", "softmax", "silu", "swish", "tanh", "sigmoid"})
      if (has(what)) return "activation";
    return "other";
  }

  const graph& g_;
  picture& p_;
  std::vector<long long> parameters_;
  std::vector<row> rows_;       // of the section at work
  std::vector<fold_row> texts_;
  const picture_section* section_ = nullptr;
  bool next_breaks_ = false;    // the next unit begins a column
  double cursor_ = 0;
};

}  // namespace detail::drawing

}  // namespace tessera::inline v0
