// What differentiation and slicing emit and keep, seen on graphs.
#include "support/inner_product.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/graph/differentiate.hpp"
#include "tessera/graph/live.hpp"
#include "tessera/graph/signature.hpp"
#include "tessera/ops/ops.hpp"
#include "tessera/train/step.hpp"

namespace ts = tessera;
using ts::emit, ts::graph, ts::label, ts::node, ts::value_id;

namespace {

using plain =
    ts::vit<ts::image<6>, ts::patch<2>, ts::width<6>, ts::heads<2>, ts::depth<3>, ts::classes<3>>;
using with_exit = ts::early_exit<plain, ts::exit_at<1, ts::exit_head::linear>>;

// ---- slicing ----

constexpr int producer_of(graph& g, std::uint64_t tap) {
  return g.values[ts::root_of(g, g.find_tap(tap))].producer;
}

// An exit needs the nodes up to its block, its own, and no other.
constexpr bool slice_at_an_exit_is_the_prefix() {
  graph g = ts::build_graph<with_exit>();
  const int block = producer_of(g, label("blocks.0").hash),
            head = producer_of(g, label("head").hash);
  const ts::buffer<bool> needed = ts::live(g, {g.find_tap(label("exits.0").hash)});
  for (int i = 0; i < g.nodes.size(); ++i)
    if (needed[i] != (i <= block || i > head)) return false;
  return block > 0 && head > block && head + 1 < g.nodes.size();
}
static_assert(slice_at_an_exit_is_the_prefix());

// With the tokens after the first block given, the final logits need what lies between.
constexpr bool the_rest_begins_at_the_cut() {
  graph g = ts::build_graph<with_exit>();
  const value_id cut = g.find_tap(label("blocks.0").hash);
  const int block = producer_of(g, label("blocks.0").hash),
            head = producer_of(g, label("head").hash);
  const ts::buffer<bool> needed = ts::live(g, {g.find_tap(label("output").hash)}, {cut});
  for (int i = 0; i < g.nodes.size(); ++i)
    if (needed[i] != (i > block && i <= head)) return false;
  return true;
}
static_assert(the_rest_begins_at_the_cut());

// ---- stopped and frozen ----

constexpr int first_gradient(const graph& g) {
  for (int i = 0; i < g.nodes.size(); ++i)
    if (g.nodes[i].op == ts::rules<"constant">()) return i;
  return g.nodes.size();
}
constexpr bool only_weights_have_gradients(const graph& g) {
  for (const ts::value& v : g.values)
    if (v.where == ts::storage::gradient && g.parameters[v.index].kind != ts::slice_kind::weight)
      return false;
  return true;
}
// Whether a module has nodes of the backward pass; names are compared by hash.
constexpr bool has_gradient(const graph& g, std::uint64_t site) {
  for (int i = first_gradient(g); i < g.nodes.size(); ++i)
    if (g.nodes[i].site == site) return true;
  return false;
}
constexpr bool each_weight_has_one(const graph& g) {
  for (int p = 0; p < g.parameters.size(); ++p) {
    bool found = false;
    for (const ts::value& v : g.values)
      found = found || (v.where == ts::storage::gradient && v.index == p);
    if (found != (g.parameters[p].kind == ts::slice_kind::weight)) return false;
  }
  return true;
}

using taught =
    ts::train<ts::tower<"student", plain>, ts::tower<"teacher", plain, ts::frozen>,
              ts::term<ts::weight<1>, ts::distill::logits<"teacher">>,
              ts::term<ts::weight<1>, ts::distill::features<ts::on<"teacher.blocks.1">,
                                                            ts::on<"student.blocks.1">>>>;
constexpr bool a_frozen_teacher_gets_no_gradient() {
  const graph g = taught::gradient();
  const int first = first_gradient(g);
  for (int i = 0; i < first; ++i)  // the teacher's modules share no name with the student's
    for (int j = 0; j < g.parameters.size(); ++j)
      if (g.parameters[j].kind == ts::slice_kind::frozen && g.nodes[i].inputs > 1 &&
          ts::root_of(g, g.in(g.nodes[i], 1)) == g.parameters[j].value &&
          has_gradient(g, g.nodes[i].site))
        return false;
  return g.ok() && first < g.nodes.size() && only_weights_have_gradients(g) &&
         each_weight_has_one(g) && has_gradient(g, label("student.blocks.0.mlp.fc1").hash) &&
         !has_gradient(g, label("teacher.blocks.0.mlp.fc1").hash);
}
static_assert(a_frozen_teacher_gets_no_gradient());

using probed = ts::train<with_exit, ts::trainable<"exits">,
                         ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>>;
constexpr bool training_an_exit_leaves_the_backbone() {
  const graph g = probed::gradient();
  return g.ok() && only_weights_have_gradients(g) && each_weight_has_one(g) &&
         has_gradient(g, label("exits.0.head").hash) &&
         !has_gradient(g, label("blocks.0.mlp.fc2").hash);
}
static_assert(training_an_exit_leaves_the_backbone());

// Of two equal branches only the one that is not stopped gets a gradient; a weight may be stopped
// too.
constexpr graph stopped_branch(bool stop_weight) {
  graph g;
  const value_id x = g.add_input("x", {1, 1, 1, {3}});
  const value_id w = g.add_parameter("w", {3, 3}, ts::initialiser::zeros);
  const value_id v = g.add_parameter("v", {3, 3}, ts::initialiser::zeros);
  const value_id a = emit<"linear">(g, {x, w, ts::absent});
  const value_id b = emit<"linear">(g, {x, stop_weight ? g.stop_gradient(v) : v, ts::absent});
  ts::differentiate(g, emit<"mse">(g, {a, stop_weight ? b : g.stop_gradient(b)}));
  return g;
}
constexpr int gradients_of(const graph& g, int parameter) {
  int count = 0;
  for (const ts::value& v : g.values)
    count += v.where == ts::storage::gradient && v.index == parameter;
  return count;
}
static_assert(gradients_of(stopped_branch(false), 0) == 1);
static_assert(gradients_of(stopped_branch(false), 1) == 0);
static_assert(gradients_of(stopped_branch(true), 0) == 1);
static_assert(gradients_of(stopped_branch(true), 1) == 0);

// ---- linear graphs ----

// The loss is linear in the input x, through frozen weights: no node of the backward pass reads x
// or anything computed from it, except to know its extents.
constexpr bool the_gradient_of_a_linear_graph_reads_no_input() {
  graph g;
  const value_id x =
      g.view(g.add_parameter("x", {3, 7, 4}, ts::initialiser::zeros), {1, 1, 2, {7, 4}});
  g.frozen = true;
  const value_id w = g.add_parameter("w", {5, 4}, ts::initialiser::zeros);
  const value_id t = g.add_parameter("t", {1, 1, 5}, ts::initialiser::zeros);
  value_id y = emit<"linear">(g, {x, w, ts::absent});
  y = emit<"slice_rows">(g, {emit<"prepend_token">(g, {y, t})}, {2, 4});
  y = emit<"scale">(g, {emit<"add">(g, {y, y})}, {}, g.add_setting("s", 2));
  y = emit<"pool_average">(g, {y}, {2, 2, 2});
  const value_id u = g.add_input("upstream", ts::shape(g.shape_of(y)));
  const value_id loss = emit<"test.inner_product">(g, {y, u});
  const int forward = g.nodes.size();
  ts::differentiate(g, loss);
  for (int i = forward; i < g.nodes.size(); ++i) {
    const node& n = g.nodes[i];
    if (n.op == ts::rules<"constant">()) continue;
    for (int k = 0; k < n.inputs; ++k) {
      const value_id v = g.in(n, k);
      if (v == ts::absent) continue;
      const value_id root = ts::root_of(g, v);
      if (root == ts::root_of(g, x)) return false;
      if (g.values[root].producer >= 0 && g.values[root].producer < forward) return false;
    }
  }
  return g.ok() && g.nodes.size() > forward && gradients_of(g, 0) == 1;
}
static_assert(the_gradient_of_a_linear_graph_reads_no_input());

// ---- signatures ----

template <int Depth>
constexpr ts::signature_set signatures() {
  using deep = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<Depth>,
                       ts::classes<10>>;
  return ts::collect_signatures(
      ts::train<deep, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>::gradient(), true);
}
constexpr bool same(const ts::signature_set& a, const ts::signature_set& b) {
  for (int i = 0; i < a.count && a.count == b.count; ++i)
    if (!(a.items[i] == b.items[i])) return false;
  return a.count == b.count && a.count > 10;
}
static_assert(same(signatures<12>(), signatures<48>()));  // kernels do not grow with depth

}  // namespace
