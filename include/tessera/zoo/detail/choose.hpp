#pragma once
// Machinery of tessera/zoo/registry.hpp: entries without their types, looked up by name and compared
// with the tensors of a file.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/graph/graph.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/model/checkpoint.hpp"
#include "tessera/model/weights.hpp"

namespace tessera::inline v0::zoo {

struct listed {
  std::string name;
  long long parameters = 0, macs = 0;
  shape input;  // (C, H, W)
};

struct choice {
  std::string name;
  std::vector<std::string> same;  // entries of the same function, which would have done as well
  std::string remark;             // of metadata that did not decide; empty: nothing to say
};

namespace detail {

// An entry without its type. The graph is built at run time, in a millisecond.
struct row {
  name id;
  graph (*build)();
};

inline std::string names_of(std::span<const row> rows) {
  std::string s;
  for (const row& r : rows) s += (s.empty() ? "" : ", ") + r.id.text();
  return s;
}

TESSERA_COLD inline std::size_t find(std::span<const row> rows, std::string_view wanted,
                                     const char* operation) {
  std::string nearest;
  std::size_t least = SIZE_MAX;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string text = rows[i].id.text();
    if (text == wanted) return i;
    const std::size_t d = !wanted.empty() && text.starts_with(wanted)
                              ? 1
                              : tessera::detail::edit_distance(wanted.substr(0, 80), text);
    if (d < least) least = d, nearest = text;
  }
  throw error(operation, "one of " + names_of(rows),
              "\"" + tessera::detail::printable(wanted) + "\" (nearest: " + nearest + ")");
}

// What keeps a file from being these parameters.
struct difference {
  tessera::detail::listing missing, unexpected, shaped;

  int count() const { return missing.count + unexpected.count + shaped.count; }
  std::string text() const {
    std::string s;
    for (const auto& part :
         {missing.say("missing"), unexpected.say("unexpected"), shaped.say("mis-shaped")})
      if (!part.empty()) s += (s.empty() ? "" : " | ") + part;
    return s;
  }
};

TESSERA_COLD inline difference compare(const std::vector<slice>& table,
                                       const safetensors_file& file) {
  std::vector<const slice*> sorted;
  for (const slice& s : table) sorted.push_back(&s);
  std::sort(sorted.begin(), sorted.end(),
            [](const slice* a, const slice* b) { return a->name < b->name; });
  difference d;
  auto s = sorted.begin();
  auto e = file.tensors().begin();
  while (s != sorted.end() || e != file.tensors().end()) {
    if (e == file.tensors().end() || (s != sorted.end() && (*s)->name < e->name)) {
      d.missing.add((*s++)->name);
    } else if (s == sorted.end() || e->name < (*s)->name) {
      d.unexpected.add(tessera::detail::printable((e++)->name));
    } else {
      if (!std::equal((*s)->shape.begin(), (*s)->shape.end(), e->shape.begin(), e->shape.end()))
        d.shaped.add((*s)->name + " expected " + shape_text((*s)->shape) + ", found " +
                     shape_text(e->shape));
      ++s, ++e;
    }
  }
  return d;
}

// The same ops, attributes, settings and operands throughout; initialisers do not matter.
TESSERA_COLD inline bool same_function(const graph& a, const graph& b) {
  const auto equal = [](const auto& x, const auto& y, auto by) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), by);
  };
  return equal(a.nodes, b.nodes,
               [](const node& x, const node& y) {
                 return x.op->hash == y.op->hash && x.attr == y.attr && x.inputs == y.inputs &&
                        x.first_input == y.first_input && x.output == y.output &&
                        x.settings == y.settings;
               }) &&
         equal(a.operands, b.operands, [](value_id x, value_id y) { return x == y; }) &&
         equal(a.values, b.values,
               [](const value& x, const value& y) {
                 return x.extent == y.extent && x.where == y.where && x.index == y.index &&
                        x.view_of == y.view_of && x.rows == y.rows;
               }) &&
         equal(a.parameters, b.parameters,
               [](const parameter& x, const parameter& y) { return x.hash == y.hash; }) &&
         equal(a.settings, b.settings, [](const setting& x, const setting& y) {
           return x.hash == y.hash && x.value == y.value;
         });
}

TESSERA_COLD inline choice choose(std::span<const row> rows, const safetensors_file& file,
                                  const std::string& path) {
  const std::string operation = "zoo.pick: " + path;
  std::vector<graph> fitting;
  std::vector<std::size_t> fits;
  difference nearest;
  std::size_t nearest_row = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    graph g = rows[i].build();
    if (!g.ok())
      throw error(operation, "valid architectures (ts::parameters<A> says what is wrong)",
                  "issue " + std::to_string(static_cast<int>(g.found.code)) + " in " +
                      rows[i].id.text());
    const difference d = compare(table_of(g), file);
    if (i == 0 || d.count() < nearest.count()) nearest = d, nearest_row = i;
    if (d.count() > 0) continue;
    fitting.push_back(std::move(g));
    fits.push_back(i);
  }
  if (fits.empty())
    throw error(operation, "the tensors of one of " + names_of(rows),
                "none of them; nearest: " + rows[nearest_row].id.text() + ", " + nearest.text());

  choice c;
  const auto said = file.metadata().find("architecture");
  std::size_t chosen = 0;
  bool decided = false;
  if (said != file.metadata().end()) {
    const std::string wanted = said->second.substr(0, said->second.find('.'));
    for (std::size_t k = 0; k < fits.size() && !decided; ++k)
      if (rows[fits[k]].id.text() == wanted) chosen = k, decided = true;
    const bool known = std::any_of(rows.begin(), rows.end(),
                                   [&](const row& r) { return r.id.text() == wanted; });
    if (!decided)
      c.remark = "its metadata says " + tessera::detail::printable(said->second) +
                 (known ? ", whose tensors these are not" : ", which is not compiled in");
  }
  c.name = rows[fits[chosen]].id.text();
  std::string others;
  for (std::size_t k = 0; k < fits.size(); ++k) {
    if (k == chosen) continue;
    const std::string text = rows[fits[k]].id.text();
    if (same_function(fitting[chosen], fitting[k]))
      c.same.push_back(text);
    else if (!decided)
      others += ", " + text;
  }
  if (!others.empty())
    throw error(operation,
                "tensors of one function, or metadata \"architecture\" that names one "
                "(zoo.save writes it)",
                "tensors of " + c.name + others + ", which compute different functions" +
                    (c.remark.empty() ? "" : "; " + c.remark));
  return c;
}

// The table of list(): a line for each.
inline std::string table_text(const std::vector<listed>& all) {
  std::size_t widest = 12;
  for (const listed& x : all) widest = std::max(widest, x.name.size());
  const auto right = [](std::string s, std::size_t width) {
    return std::string(s.size() < width ? width - s.size() : 0, ' ') + s;
  };
  std::string s = "architecture" + std::string(widest - 12, ' ') + right("parameters", 16) +
                  right("MACs", 17) + "  input\n";
  for (const listed& x : all) {
    std::string input;
    for (int i = 0; i < x.input.rank; ++i)
      input += (i == 0 ? "" : " x ") + std::to_string(x.input.dims[i]);
    s += x.name + std::string(widest - x.name.size(), ' ') +
         right(std::to_string(x.parameters), 16) + right(std::to_string(x.macs), 17) + "  " +
         input + "\n";
  }
  return s;
}

}  // namespace detail

}  // namespace tessera::inline v0::zoo
