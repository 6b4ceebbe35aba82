// What the passes do to small graphs: switches per scope, recomputation, fusion.
#include "tessera/arch/early_exit.hpp"
#include "tessera/graph/lives.hpp"
#include "tessera/graph/signature.hpp"
#include "tessera/ops/fused.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/step.hpp"

namespace ts = tessera;
using ts::absent, ts::emit, ts::graph, ts::label, ts::node, ts::value_id;

namespace {

using plain =
    ts::vit<ts::image<6>, ts::patch<2>, ts::width<6>, ts::heads<2>, ts::depth<3>, ts::classes<3>>;
using with_exit = ts::early_exit<plain, ts::exit_at<1, ts::exit_head::local_perception<3>>>;
using to_end = ts::term<ts::weight<1>, ts::loss::cross_entropy<>>;
using to_exit = ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>;

constexpr int count(const graph& g, label op) {
  int n = 0;
  for (const node& x : g.nodes) n += x.op->hash == op.hash;
  return n;
}
constexpr int count_at(const graph& g, label op, label site) {
  int n = 0;
  for (const node& x : g.nodes) n += x.op->hash == op.hash && x.site == site.hash;
  return n;
}
constexpr int parameter_named(const graph& g, label what) {
  for (int p = 0; p < g.parameters.size(); ++p)
    if (g.parameters[p].hash == what.hash) return p;
  return -1;
}
constexpr int gradients_of(const graph& g, label what) {
  const int p = parameter_named(g, what);
  int n = p < 0 ? -1 : 0;
  for (const ts::value& v : g.values)
    n += p >= 0 && v.where == ts::storage::gradient && v.index == p;
  return n;
}
// Every operand is written before it is read, every output knows its node.
constexpr bool ordered(const graph& g) {
  for (int i = 0; i < g.nodes.size(); ++i) {
    const node& n = g.nodes[i];
    for (int k = 0; k < n.inputs; ++k)
      if (g.in(n, k) != absent) {
        const ts::value& v = g.values[ts::root_of(g, g.in(n, k))];
        if (v.producer >= i || (v.where == ts::storage::activation && v.producer < 0)) return false;
      }
    for (int o = 0; o < n.op->outputs; ++o)
      if (g.values[n.output + o].producer != i) return false;
  }
  return g.ok();
}

// ---- scopes ----

static_assert(ts::rule_for(ts::scope_switch::freeze, "blocks.3").hash == label("blocks.3").hash);
static_assert(!ts::rule_for(ts::scope_switch::freeze, "blocks.3").children);
static_assert(ts::rule_for(ts::scope_switch::freeze, "blocks.*").hash == label("blocks").hash);
static_assert(ts::rule_for(ts::scope_switch::freeze, "blocks.*").children);
static_assert(ts::rule_for(ts::scope_switch::freeze, "*").hash == 0);

static_assert(ts::train<plain, to_end, ts::freeze<"block.0">>::gradient().found.code ==
              ts::issue::unknown_scope);
static_assert(
    ts::train<plain, to_end, ts::freeze<"blocks.0">, ts::recompute<"blocks.3">>::gradient()
        .found.a == 2);

// Of weights in a frozen scope there is no gradient; it passes through to what is before.
constexpr bool freezing_stops_weights_only() {
  const graph g = ts::train<plain, to_end, ts::freeze<"blocks.1">>::gradient();
  return ordered(g) && gradients_of(g, "blocks.1.mlp.fc1.weight") == 0 &&
         gradients_of(g, "blocks.1.norm1.weight") == 0 &&
         gradients_of(g, "blocks.0.mlp.fc1.weight") == 1 &&
         gradients_of(g, "blocks.2.mlp.fc1.weight") == 1 &&
         g.parameters[parameter_named(g, "blocks.1.norm1.weight")].kind == ts::slice_kind::frozen;
}
static_assert(freezing_stops_weights_only());

// A detached scope trains; nothing before it does, through any of its nodes.
constexpr bool detaching_stops_inputs_only() {
  const graph g = ts::train<plain, to_end, ts::detach<"blocks.1">>::gradient();
  return ordered(g) && gradients_of(g, "blocks.1.norm1.weight") == 1 &&
         gradients_of(g, "blocks.1.mlp.fc2.bias") == 1 &&
         gradients_of(g, "blocks.0.norm1.weight") == 0 && gradients_of(g, "pos_embed") == 0 &&
         gradients_of(g, "head.weight") == 1 &&
         g.parameters[parameter_named(g, "blocks.0.norm1.weight")].kind == ts::slice_kind::weight;
}
static_assert(detaching_stops_inputs_only());

// Exits that train without a say in the backbone: its part of the backward pass is that of a
// network without exits.
constexpr bool detached_exits_leave_the_backbone_alone() {
  const graph g = ts::train<with_exit, to_end, to_exit, ts::detach<"exits.*">>::gradient();
  const graph attached = ts::train<with_exit, to_end, to_exit>::gradient();
  const graph bare = ts::train<plain, to_end>::gradient();
  int there = 0, without = 0, sums = 0, sums_attached = 0;
  for (const node& n : g.nodes) there += n.site == label("blocks.0").hash;
  for (const node& n : bare.nodes) without += n.site == label("blocks.0").hash;
  sums = count(g, "add"), sums_attached = count(attached, "add");
  return ordered(g) && there == without && sums < sums_attached &&
         gradients_of(g, "exits.0.conv1.weight") == 1 &&
         gradients_of(g, "blocks.0.norm1.weight") == 1;
}
static_assert(detached_exits_leave_the_backbone_alone());

// Batch norm by running statistics inside a training step; its scale still trains.
constexpr bool evaluation_is_a_switch_of_its_own() {
  const graph g = ts::train<with_exit, to_exit, ts::eval_mode<"exits.*">>::gradient();
  const graph training = ts::train<with_exit, to_exit>::gradient();
  return ordered(g) && count(g, "batch_norm") == 0 && count(g, "batch_norm_inference") == 3 &&
         count(g, "update_running") == 0 && gradients_of(g, "exits.0.bn2.weight") == 1 &&
         count(training, "batch_norm") == 3 && count(training, "update_running") == 6;
}
static_assert(evaluation_is_a_switch_of_its_own());

constexpr bool frozen_weights_keep_training_numerics() {
  const graph g =
      ts::train<with_exit, to_exit, ts::freeze<"exits">, ts::trainable<"blocks">>::gradient();
  return ordered(g) && count(g, "batch_norm") == 3 && gradients_of(g, "exits.0.bn2.weight") == 0 &&
         gradients_of(g, "blocks.0.norm1.weight") == 1 && gradients_of(g, "pos_embed") == 0;
}
static_assert(frozen_weights_keep_training_numerics());

// All three at once on a tower, by its name.
using both = ts::train<ts::tower<"a", with_exit>, ts::tower<"b", plain>, to_end,
                       ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"a.exits.0">>>,
                       ts::freeze<"a">, ts::eval_mode<"a">, ts::freeze<"b">>;
static_assert(both::gradient().found.code == ts::issue::nothing_to_train);

// ---- recomputation ----

using again = ts::train<plain, to_end, ts::recompute<"blocks.*">>;
using once = ts::train<plain, to_end>;

// Each block's nodes but those whose results nobody needs twice: fc2 and the sum that it ends in.
constexpr bool a_block_is_computed_again() {
  const graph g = again::gradient(), h = once::gradient();
  return ordered(g) && count(g, "linear") == count(h, "linear") + 3 * 3 &&
         count(g, "layer_norm") == count(h, "layer_norm") + 3 * 2 &&
         count(g, "attention") == 2 * count(h, "attention") &&
         count(g, "gelu") == 2 * count(h, "gelu") && count(g, "add") == count(h, "add") + 3 &&
         g.nodes.size() == h.nodes.size() + 3 * 8 &&
         count_at(g, "linear", "blocks.1.mlp.fc2") == 1 &&
         count_at(g, "linear", "blocks.1.mlp.fc1") == 2;
}
static_assert(a_block_is_computed_again());

constexpr long long block_macs_without_fc2(long long tokens, long long width) {
  return 8 * tokens * width * width + 2 * tokens * tokens * width;
}
static_assert(ts::count(again::gradient()).macs ==
              ts::count(once::gradient()).macs + 3 * block_macs_without_fc2(10, 6));

// Backward nodes read no activation of a block but its input, as long as the block has a copy.
constexpr bool the_first_reading_is_forgotten() {
  const graph g = again::gradient();
  int seed = 0;
  while (g.nodes[seed].op->hash != label("constant").hash) ++seed;
  for (int i = seed; i < g.nodes.size(); ++i)
    for (int k = 0; k < g.nodes[i].inputs; ++k) {
      const value_id v = g.in(g.nodes[i], k);
      if (v == absent) continue;
      const int producer = g.values[ts::root_of(g, v)].producer;
      if (producer < 0 || producer >= seed) continue;
      const std::uint64_t site = g.nodes[producer].site;
      for (const label inner : {label("blocks.0.mlp.fc1"), label("blocks.1.attn.qkv"),
                                label("blocks.2.norm2"), label("blocks.1.attn")})
        if (site == inner.hash) return false;
    }
  return seed > 0;
}
static_assert(the_first_reading_is_forgotten());

constexpr bool same_kernels() {
  const ts::signature_set a = ts::collect_signatures(again::gradient(), true);
  const ts::signature_set b = ts::collect_signatures(once::gradient(), true);
  int shared = 0;
  for (int i = 0; i < a.count; ++i)
    for (int j = 0; j < b.count; ++j) shared += a.items[i] == b.items[j];
  return a.count == b.count && shared == a.count;
}
static_assert(same_kernels());

// Running statistics follow the first reading, once.
constexpr bool state_is_written_once() {
  const graph g = ts::train<with_exit, to_exit, ts::recompute<"exits.*">>::gradient();
  return ordered(g) && count(g, "update_running") == 6 && count(g, "batch_norm") > 3;
}
static_assert(state_is_written_once());

// An inner scope belongs to the outer one that is recomputed.
static_assert(
    ts::train<plain, to_end, ts::recompute<"blocks.*">, ts::recompute<"blocks.1.mlp">>::gradient()
        .nodes.size() == again::gradient().nodes.size());
// What is frozen has no backward pass, so nothing is computed again.
static_assert(
    ts::train<ts::tower<"s", plain>, ts::tower<"t", plain, ts::frozen>, to_end,
              ts::recompute<"t.blocks.*">>::gradient()
        .nodes.size() ==
    ts::train<ts::tower<"s", plain>, ts::tower<"t", plain, ts::frozen>, to_end>::gradient()
        .nodes.size());

// ---- slicing and differentiation ----

// Drops the nodes that are not needed.
constexpr graph pruned(graph g, const ts::buffer<bool>& needed) {
  ts::buffer<node> kept;
  for (int i = 0; i < g.nodes.size(); ++i) {
    const node n = g.nodes[i];
    for (int o = 0; o < n.op->outputs; ++o)
      g.values[n.output + o].producer = needed[i] ? kept.size() : -1;
    if (needed[i]) kept.push(n);
  }
  g.nodes = kept;
  return g;
}
constexpr graph sliced(graph g, value_id result) {
  const ts::buffer<bool> needed = ts::live(g, {result});
  return pruned(static_cast<graph&&>(g), needed);
}
// Whether two graphs are one program: node by node the same op on the same operands.
constexpr bool same_program(const graph& a, const graph& b) {
  if (a.nodes.size() != b.nodes.size()) return false;
  for (int i = 0; i < a.nodes.size(); ++i) {
    const node &x = a.nodes[i], &y = b.nodes[i];
    if (x.op->hash != y.op->hash || x.site != y.site || !(x.attr == y.attr) || x.inputs != y.inputs)
      return false;
    for (int k = 0; k < x.inputs; ++k) {
      const value_id u = a.in(x, k), v = b.in(y, k);
      if ((u == absent) != (v == absent)) return false;
      if (u == absent) continue;
      const value_id p = ts::root_of(a, u), q = ts::root_of(b, v);
      const ts::value &r = a.values[p], &s = b.values[q];
      if (!(a.values[u].extent == b.values[v].extent) || r.where != s.where || r.index != s.index ||
          r.producer != s.producer)
        return false;
      if (r.producer >= 0 && p - a.nodes[r.producer].output != q - b.nodes[s.producer].output)
        return false;
    }
    for (int o = 0; o < x.op->outputs; ++o)
      if (a.values[x.output + o].where != b.values[y.output + o].where ||
          a.values[x.output + o].index != b.values[y.output + o].index)
        return false;
  }
  return true;
}
constexpr bool slicing_commutes_with_differentiation() {
  graph forward = ts::build_graph<with_exit>(true);
  const value_id labels = forward.add_input("labels", {1, 1, 0, {}}, ts::role::index);
  const value_id loss =
      emit<"cross_entropy">(forward, {forward.find_tap(label("exits.0").hash), labels}, {},
                            forward.add_setting("smoothing", 0));
  graph late = forward, early = sliced(forward, loss);
  ts::differentiate(late, loss);
  ts::differentiate(early, loss);
  late = sliced(static_cast<graph&&>(late), loss);
  early = sliced(static_cast<graph&&>(early), loss);
  return ordered(late) && early.nodes.size() > 30 && same_program(late, early);
}
static_assert(slicing_commutes_with_differentiation());

// ---- fusion ----

constexpr ts::fusion_table all{ts::cpu_fusions, 2};

constexpr bool a_block_fuses_where_it_may() {
  graph g = ts::build_graph<plain>();
  const int nodes = g.nodes.size();
  const long long macs = ts::count(g).macs;
  ts::fuse(g, all);
  // Each block: fc1 with its GELU, and the first sum with norm2. The second sum is the tap
  // "blocks.i".
  return ordered(g) && g.nodes.size() == nodes - 3 * 2 && count(g, "linear_gelu") == 3 &&
         count(g, "add_layer_norm") == 3 && count(g, "gelu") == 0 && count(g, "add") == 3 &&
         count(g, "layer_norm") == 3 + 1 && ts::count(g).macs == macs;
}
static_assert(a_block_fuses_where_it_may());

// x -> linear -> gelu -> out, with one thing more that looks at the linear.
enum class looks { nothing, tap, tap_of_view, view, reader, state };
constexpr graph chain(looks at) {
  graph g;
  const value_id x = g.add_input("x", {1, 1, 2, {2, 4}});
  const value_id w = g.add_parameter("w", {4, 4}, ts::initialiser::zeros);
  const value_id h = emit<"linear">(g, {x, w, absent});
  value_id y = emit<"gelu">(g, {h});
  if (at == looks::tap) g.add_tap("h", h);
  if (at == looks::tap_of_view) g.add_tap("h", g.view(h, {1, 1, 1, {8}}));
  if (at == looks::view) {
    const value_id seen = g.view(h, {1, 1, 1, {8}});
    y = emit<"add">(g, {y, g.view(seen, {1, 1, 2, {2, 4}})});
  }
  if (at == looks::reader) y = emit<"add">(g, {h, y});
  if (at == looks::state)
    g.write_last(ts::rules<"accumulate">(), h,
                 g.add_parameter("s", {4}, ts::initialiser::zeros, 0, false, ts::slice_kind::state),
                 0);
  g.add_tap("out", y);
  ts::fuse(g, all);
  return g;
}
static_assert(count(chain(looks::nothing), "linear_gelu") == 1 && ordered(chain(looks::nothing)));
static_assert(count(chain(looks::tap), "linear_gelu") == 0);
static_assert(count(chain(looks::tap_of_view), "linear_gelu") == 0);
static_assert(count(chain(looks::view), "linear_gelu") == 0);
static_assert(count(chain(looks::reader), "linear_gelu") == 0);
static_assert(count(chain(looks::state), "linear_gelu") == 0);

// A sum with other readers, and what comes after it, is the first output of the fused op.
constexpr bool a_sum_stays_for_its_readers(bool known) {
  graph g;
  const value_id x = g.add_input("x", {1, 1, 2, {2, 4}});
  const value_id s = emit<"add">(g, {x, x});
  const value_id before = emit<"gelu">(g, {s});  // reads the sum before the norm does
  value_id gamma = g.add_parameter("gamma", {4}, ts::initialiser::ones);
  if (!known) gamma = emit<"mean_rows">(g, {before}, {0});  // made after the sum
  const value_id y = emit<"layer_norm">(g, {g.view(s, {1, 1, 2, {2, 4}}), gamma, gamma}, {},
                                        g.add_setting("eps", 1));
  const value_id z = emit<"layer_norm">(g, {s, gamma, gamma}, {}, g.add_setting("eps", 2));
  g.add_tap("out", emit<"add">(g, {emit<"add">(g, {before, y}), emit<"add">(g, {z, s})}));
  ts::fuse(g, all);
  return ordered(g) && count(g, "add_layer_norm") == (known ? 1 : 0) &&
         g.nodes[0].op->hash == (known ? label("add_layer_norm").hash : label("add").hash) &&
         (!known || g.settings[g.nodes[0].settings].value == 2);
}
static_assert(a_sum_stays_for_its_readers(true) && a_sum_stays_for_its_readers(false));

// What a backward pass reads is never fused away.
constexpr bool training_keeps_the_parts() {
  graph g = once::gradient();
  const int gelus = count(g, "gelu");
  ts::fuse(g, {&ts::linear_then_gelu, 1});
  return ordered(g) && gelus == 3 && count(g, "gelu") == gelus;
}
static_assert(training_keeps_the_parts());

// The report names, for each node, the node that does its work.
constexpr bool the_report_is_a_map() {
  graph g = ts::build_graph<plain>();
  const graph before = g;
  ts::fusion_report r;
  ts::fuse(g, all, &r);
  int fused = 0;
  for (int i = 0; i < before.nodes.size(); ++i) {
    const node& after = g.nodes[r.into[i]];
    if (r.fused[i] != nullptr ? after.op != r.fused[i] : after.op != before.nodes[i].op)
      return false;
    fused += r.fused[i] != nullptr;
  }
  return fused == 12 && r.into.size() == before.nodes.size();
}
static_assert(the_report_is_a_map());

}  // namespace
