#pragma once
// The graph: a value between types and kernels. Plain structs in growable buffers, filled by
// constexpr functions; the compiler builds it to count and to collect kernel signatures, a program
// builds it again at run time to plan memory. No template, so every body is parsed once.
//
// A node applies an op to values. A value has an extent (k * B^power copies of static dimensions, B
// the batch), a role and a storage. A parameter is a named value in the flat buffer of weights. A
// tap gives a value a module's path. At compile time only hashes of names exist; texts are kept
// when the graph is built at run time. The first issue ends the building: later calls do nothing.

#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "tessera/config.hpp"
#include "tessera/graph/issue.hpp"
#include "tessera/graph/kinds.hpp"
#include "tessera/graph/records.hpp"
#include "tessera/graph/switches.hpp"
#include "tessera/meta/buffer.hpp"
#include "tessera/meta/name.hpp"

namespace tessera::inline v0 {

struct graph {
  buffer<node> nodes;
  buffer<value> values;
  buffer<value_id> operands;  // inputs of all nodes
  buffer<parameter> parameters;
  buffer<input> inputs;
  buffer<setting> settings;
  buffer<tap> taps;
  buffer<last_write> last_writes;
  buffer<char> text;  // where names are kept: all of them, each ended by '\0'
  first_issue found;

  // The path of the module under construction, and what holds inside it.
  std::uint64_t path = 0;
  buffer<char> path_text;
  bool frozen = false, sharing = false, training = false;
  bool spelled = false;  // keep names at compile time too: to say which one is wrong
  // Modules in a row that differ in nothing a count or a kernel sees are built a few times only;
  // `folds` says how many more there are (arch/block.hpp). For compile time, never to be run.
  bool folded = false;
  buffer<fold> folds;
  buffer<std::uint64_t> left_out;  // paths of modules that are not built; nobody else may take them
  int folded_nodes = 0;
  bool inside = true;                // a scope of train_only, where there is such a rule
  buffer<scope_rule> scope_rules;    // what words ask of scopes
  buffer<open_scope> open_scopes;    // those that hold here
  buffer<node_range> scope_ranges;   // ended ones of detach and recompute

  constexpr bool ok() const { return found.code == issue::none; }
  constexpr void fail(issue code, int a = 0, int b = 0) {
    if (ok()) found.code = code, found.a = a, found.b = b;
  }
  constexpr void fail(issue code, int a, int b, const name& what) {
    if (ok()) found = {code, a, b, what};
  }
  constexpr bool keeps_text() const { return spelled || !std::is_constant_evaluated(); }

  // Adds a node; returns its first output, the others follow. Absent inputs stay absent.
  constexpr value_id emit(const op_rules& op, std::initializer_list<value_id> in,
                          attributes attr = {}, int first_setting = -1) {
    return emit(op, in.begin(), static_cast<int>(in.size()), attr, first_setting);
  }
  TESSERA_COLD constexpr value_id emit(const op_rules& op, const value_id* in, int inputs_given,
                          attributes attr = {}, int first_setting = -1) {
    if (!ok()) return add_dead(op.outputs);
    node n{&op, attr, operands.size(), inputs_given, values.size(), first_setting, path};
    bool wanted = false;
    for (int i = 0; i < inputs_given; ++i)
      operands.push(in[i]), wanted = wanted || (in[i] != absent && values[in[i]].wanted);
    for (int i = 0; i < op.outputs; ++i)
      values.push({{}, role::real, storage::activation, wanted, nodes.size()});
    if (keeps_text()) n.text = keep_path();
    nodes.push(n);
    op.infer(*this, n);
    if (found.code == issue::shapes_differ) found.what = op.id;
    return n.output;
  }

  constexpr value_id in(const node& n, int i) const {
    return i < n.inputs ? operands[n.first_input + i] : absent;
  }
  constexpr const shape& in_shape(const node& n, int i) const { return values[in(n, i)].extent; }
  constexpr const shape& shape_of(value_id v) const { return values[v].extent; }
  constexpr void set(const node& n, int i, const shape& s, role r = role::real) {
    value& v = values[n.output + i];
    v.extent = s;
    v.kind = r;
    v.wanted = v.wanted && r < role::index;
  }

  TESSERA_COLD constexpr value_id add_input(label what, const shape& s, role r = role::real) {
    value v;
    v.extent = s;
    v.kind = r;
    v.where = storage::input;
    v.index = inputs.size();
    input i{what.hash, values.push(v)};
    if (keeps_text()) i.text = keep(what);
    inputs.push(i);
    return i.value;
  }

  // The same memory under another shape (equal count), or behind a stop-gradient.
  TESSERA_COLD constexpr value_id view(value_id of, const shape& s, bool stop = false) {
    if (!ok()) return add_dead(1);
    value v = values[of];
    v.extent = s;
    v.wanted = v.wanted && !stop;
    v.view_of = of;
    return values.push(v);
  }
  constexpr value_id stop_gradient(value_id of) { return view(of, shape(values[of].extent), true); }

  TESSERA_COLD constexpr value_id add_parameter(label what, std::initializer_list<int> dims, initialiser init,
                                   float scale = 0, bool decay = true,
                                   slice_kind kind = slice_kind::weight) {
    parameter p{join(what), {}, kind, init, scale, decay && dims.size() > 1, values.size()};
    p.extent.power = 0;
    for (int d : dims) p.extent.dims[p.extent.rank++] = d;
    if (kind == slice_kind::weight && (frozen || !inside)) p.kind = slice_kind::frozen;
    const int slot = find_slot(p.hash);
    if (table[slot] != 0) return known_parameter(p, table[slot] - 1);
    if (keeps_text()) p.text = keep_path(what);
    table[slot] = parameters.push(p) + 1;
    return values.push({p.extent, role::real, storage::parameter, p.kind == slice_kind::weight, -1,
                        table[slot] - 1});
  }

  TESSERA_COLD constexpr int add_setting(label what, double x) {
    setting s{join(what), x};
    if (keeps_text()) s.text = keep_path(what);
    return settings.push(s);
  }

  constexpr void add_tap(value_id v) {
    tap t{path, v};
    if (keeps_text()) t.text = keep_path();
    taps.push(t);
  }
  constexpr void add_tap(label what, value_id v) {
    tap t{join(what), v};
    if (keeps_text()) t.text = keep_path(what);
    taps.push(t);
  }
  constexpr value_id known_tap(std::uint64_t hash) const {
    for (int i = taps.size(); i-- > 0;)  // the newest: a shared tower's last reading
      if (taps[i].hash == hash) return taps[i].value;
    return absent;
  }
  // The tap of a path; if there is none, the issue names the nearest that there is.
  constexpr value_id find_tap(std::uint64_t hash) {
    const value_id v = known_tap(hash);
    if (v == absent) fail(issue::unknown_tap, taps.size());
    return v == absent ? 0 : v;
  }
  constexpr value_id find_tap(const name& what) {
    const value_id v = known_tap(what.hash());
    if (v == absent) fail(issue::unknown_tap, taps.size(), 0, nearest_tap(what));
    return v == absent ? 0 : v;
  }

  // State is read by nodes and written last: finish() emits the writes that were asked for.
  constexpr void write_last(const op_rules* op, value_id from, value_id state, int setting) {
    if (ok()) last_writes.push({op, from, state, setting});
  }
  constexpr void finish() {
    for (int i = 0; i < last_writes.size() && ok(); ++i) {
      const last_write w = last_writes[i];
      const value_id v = emit(*w.op, {w.from}, {}, w.setting);
      values[v].where = storage::parameter;
      values[v].index = values[w.state].index;
    }
    last_writes.shrink(0);
  }

  // Before anything is built: what a word asks of its scopes.
  constexpr void ask(const scope_rule& r) {
    scope_rules.push(r);
    if (r.what == scope_switch::train_only) inside = false;
  }

  const char* text_at(int at) const { return at < 0 ? "" : text.begin() + at; }

  // ---- names ----
  constexpr std::uint64_t join(label what) const {
    return path == 0 ? what.hash : (path * hash_base + '.') * what.power + what.hash;
  }
  constexpr int keep(label what) {
    const int at = text.size();
    for (int i = 0; i < what.length; ++i) text.push(what.at(i));
    text.push('\0');
    return at;
  }
  TESSERA_COLD constexpr int keep_path() {
    const int at = text.size();
    for (char c : path_text) text.push(c);
    text.push('\0');
    return at;
  }
  TESSERA_COLD constexpr int keep_path(label what) {
    const int at = text.size();
    for (char c : path_text) text.push(c);
    if (path_text.size() > 0) text.push('.');
    for (int i = 0; i < what.length; ++i) text.push(what.at(i));
    text.push('\0');
    return at;
  }

  // A scope: the module "what", or "what.number". Ends with the object.
  class scope {
   public:
    constexpr scope(graph& g, label what, int number = -1)
        : scope(g, g.join(what), &what, number) {}
    explicit constexpr scope(graph& g, const name& what)
        : scope(g, g.path == 0 ? what.hash() : joined(g.path, what), nullptr, -1) {
      if (g.keeps_text()) {
        if (g.path_text.size() > 0) g.path_text.push('.');
        for (int i = 0; i < what.length(); ++i) g.path_text.push(what.at(i));
      }
    }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    constexpr ~scope() {
      g_.path = path_;
      while (g_.open_scopes.size() > open_) leave();
      g_.path_text.shrink(length_);
    }

   private:
    TESSERA_COLD constexpr scope(graph& g, std::uint64_t path, const label* text, int number)
        : g_(g), path_(g.path), length_(g.path_text.size()), open_(g.open_scopes.size()) {
      g.path = path;
      if (text != nullptr && g.keeps_text()) {
        if (length_ > 0) g.path_text.push('.');
        for (int i = 0; i < text->length; ++i) g.path_text.push(text->at(i));
      }
      if (g.scope_rules.size() > 0) enter(path_);
      if (number >= 0) add_number(number);
    }
    TESSERA_COLD constexpr void add_number(int number) {
      const std::uint64_t parent = g_.path;
      step('.');
      int unit = 1;
      while (number / unit >= 10) unit *= 10;
      for (; unit > 0; unit /= 10) step(static_cast<char>('0' + number / unit % 10));
      if (g_.scope_rules.size() > 0) enter(parent);
      for (const std::uint64_t taken : g_.left_out)
        if (taken == g_.path) g_.fail(issue::name_twice);
    }
    static constexpr std::uint64_t joined(std::uint64_t path, const name& what) {
      path = path * hash_base + '.';
      for (int i = 0; what.at(i) != '\0'; ++i)
        path = path * hash_base + static_cast<unsigned char>(what.at(i));
      return path;
    }
    constexpr void step(char c) {
      g_.path = g_.path * hash_base + static_cast<unsigned char>(c);
      if (g_.keeps_text()) g_.path_text.push(c);
    }
    TESSERA_COLD constexpr void enter(std::uint64_t parent) {
      for (scope_rule& r : g_.scope_rules) {
        if (r.hash != (r.children ? parent : g_.path)) continue;
        r.met = true;
        g_.open_scopes.push({r.what, g_.nodes.size(), g_.inside, g_.frozen, g_.training});
        g_.inside = g_.inside || r.what == scope_switch::train_only;
        g_.frozen = g_.frozen || r.what == scope_switch::freeze;
        g_.training = g_.training && r.what != scope_switch::eval_mode;
      }
    }
    TESSERA_COLD constexpr void leave() {
      const open_scope s = g_.open_scopes[g_.open_scopes.size() - 1];
      g_.inside = s.inside, g_.frozen = s.frozen, g_.training = s.training;
      if (s.what == scope_switch::detach || s.what == scope_switch::recompute)
        g_.scope_ranges.push({s.what, s.first, g_.nodes.size()});
      g_.open_scopes.shrink(g_.open_scopes.size() - 1);
    }
    graph& g_;
    std::uint64_t path_;
    int length_;
    int open_;  // scopes with rules around this one
  };

  // ---- look-up of parameters by hash: open addressing, at most half full ----
  buffer<int> table;
  constexpr int find_slot(std::uint64_t hash) {
    if (2 * (parameters.size() + 1) > table.size()) rehash();
    return probe(hash);
  }
  TESSERA_COLD constexpr void rehash() {
    table.clear_to(table.size() == 0 ? 128 : 4 * table.size());
    for (int i = 0; i < parameters.size(); ++i) table[probe(parameters[i].hash)] = i + 1;
  }
  constexpr int probe(std::uint64_t hash) const {
    const int bits = table.size() - 1;
    int at = static_cast<int>((hash ^ hash >> 32) & static_cast<std::uint64_t>(bits));
    while (table[at] != 0 && parameters[table[at] - 1].hash != hash) at = (at + 1) & bits;
    return at;
  }

 private:
  constexpr value_id known_parameter(const parameter& p, int known) {
    if (sharing && parameters[known].extent == p.extent) return parameters[known].value;
    fail(sharing ? issue::one_name_two_shapes : issue::name_twice, known, parameters.size(),
         spelled_name(parameters[known].text));
    return parameters[known].value;
  }
  // The text kept at `at`, up to 63 characters; empty where none is kept.
  constexpr name spelled_name(int at) const {
    name n("");
    for (int i = 0; at >= 0 && i < 63 && text[at + i] != '\0'; ++i) n.put(i, text[at + i]);
    return n;
  }
  // Where no names are kept: `what` itself.
  TESSERA_COLD constexpr name nearest_tap(const name& what) const {
    name best = what;
    int least = 1 << 30;
    for (const tap& t : taps) {
      const name other = spelled_name(t.text);
      if (other.length() == 0) continue;
      const int d = distance(what, other);
      if (d < least) least = d, best = other;
    }
    return best;
  }
  // After an issue: values that hold nothing, so that builders need no checks of their own.
  constexpr value_id add_dead(int count) {
    const value_id first = values.size();
    value v;
    v.extent.rank = 2;
    v.extent.dims[0] = v.extent.dims[1] = 1;
    for (int i = 0; i < count; ++i) values.push(v);
    return first;
  }
};

}  // namespace tessera::inline v0
