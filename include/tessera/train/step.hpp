#pragma once
// train<parts...>: one training step as a type. Parts, in any order:
//     tower<"name", Arch, frozen>   a network under its own scope; an Arch alone is a tower without
//                                   a name, whose parameters keep timm's names
//     term<weight<P, Q>, Loss>      a weighted loss; the weight is a setting "term.i.weight"
//     adamw, clip_by_norm, ema      the update, in this order whatever the order of the words
//     trainable<"scope">            only parameters in these scopes ("exits", "blocks.3") train
//
// gradient(): the joint graph of towers and losses, differentiated. update(): clipping, optimizer,
// averages over flat buffers. Between the two is where micro-batches, clients and privacy act.
// Taps: "output" of each tower (under its name), "loss", "loss.i", and those of the architectures.

#include "tessera/arch/counts.hpp"
#include "tessera/arch/settings.hpp"
#include "tessera/graph/differentiate.hpp"
#include "tessera/meta/name.hpp"
#include "tessera/ops/update.hpp"

namespace tessera::inline v0 {

struct frozen {};  // a tower without training: evaluation mode, no gradient, not sent

template <int P, int Q = 1>
struct weight {
  static_assert(Q != 0, "tessera::weight<P, Q>: the weight is P / Q, Q not zero");
  static constexpr double value = Q == 0 ? 0 : static_cast<double>(P) / Q;
};

template <name Scope>
struct trainable {};

template <name Tap>
struct on {};  // the value a loss looks at, by the name of a tap

// What losses see of the step under construction.
struct step_context {
  value_id images = absent, output = absent, label_values = absent;
  vit_settings settings;   // of the first tower
  std::uint64_t path = 0;  // its scope

  // A tap of the first tower.
  constexpr value_id tap_of(graph& g, label what) const {
    return g.find_tap(path == 0 ? what.hash : (path * hash_base + '.') * what.power + what.hash);
  }
  constexpr value_id labels(graph& g) {
    if (label_values == absent)
      label_values = g.add_input("labels", {1, 1, 0, {}}, role::index);
    return label_values;
  }
};

template <name Name, class Arch, class... Options>
struct tower {
  using architecture = Arch;
  static constexpr bool is_frozen = (false || ... || std::is_same_v<Options, frozen>);
  static constexpr void build(graph& g, step_context& c) {
    if constexpr (Name == name("")) {
      emit_tower(g, c);
    } else {
      const graph::scope here(g, Name);
      emit_tower(g, c);
    }
  }

 private:
  static constexpr void emit_tower(graph& g, step_context& c) {
    const bool was_frozen = g.frozen, was_training = g.training;
    g.frozen = g.frozen || is_frozen;
    g.training = !is_frozen;
    value_id out = Arch::build(g, c.images);
    g.add_tap("output", out);
    if (c.output == absent) {
      c.output = out;
      c.settings = Arch::settings();
      c.path = g.path;
    }
    g.frozen = was_frozen;
    g.training = was_training;
  }
};

template <class Weight, class Loss>
struct term {
  static constexpr double weight = Weight::value;
  using loss = Loss;
};

// A loss or a tap that a word names: the first tower's output unless on<"..."> says otherwise.
template <class... Words>
struct watched {
  static constexpr value_id find(graph&, const step_context& c) { return c.output; }
};
template <name Tap, class... Words>
struct watched<on<Tap>, Words...> {
  static constexpr value_id find(graph& g, const step_context&) { return g.find_tap(Tap.hash()); }
};
template <class Other, class... Words>
struct watched<Other, Words...> : watched<Words...> {};

// The whole of a flat buffer, as update ops see it.
constexpr value_id add_flat(graph& g, storage where, int index = -1) {
  value v;
  v.where = where;
  v.index = index;
  v.extent = {1, 0, 1, {0}};  // as long as the weights
  return g.values.push(v);
}

template <class... Parts>
struct train {
  static constexpr graph gradient() {
    graph g;
    g.training = true;
    (limit<Parts>(g), ...);
    step_context c;
    c.images = g.add_input("images", input_shape());
    (build_tower<Parts>(g, c), ...);
    buffer<value_id> losses;
    buffer<double> weights;
    int number = 0;
    (build_term<Parts>(g, c, losses, weights, number), ...);
    value_id total = join(g, losses, weights);
    g.add_tap("loss", total);
    differentiate(g, total);
    g.finish();
    return g;
  }
  static constexpr graph update() {
    graph g;
    const value_id w = add_flat(g, storage::parameter), d = add_flat(g, storage::gradient);
    int buffers = 0;
    (update_stage<0, Parts>(g, w, d, buffers), ...);
    (update_stage<1, Parts>(g, w, d, buffers), ...);
    (update_stage<2, Parts>(g, w, d, buffers), ...);
    return g;
  }
  static constexpr int terms() { return (0 + ... + static_cast<int>(is_term<Parts>)); }
  static constexpr int optimizer_buffers() {  // flat buffers of state, as long as the weights
    int n = 0;
    for (const value& v : update().values)
      if (v.where == storage::optimizer && v.index >= n) n = v.index + 1;
    return n;
  }

 private:
  template <class P>
  struct tower_of {
    using type = void;
  };
  template <name N, class A, class... O>
  struct tower_of<tower<N, A, O...>> {
    using type = tower<N, A, O...>;
  };
  template <class P>
    requires requires { P::input_shape(); }
  struct tower_of<P> {
    using type = tower<"", P>;
  };

  static constexpr shape input_shape() {
    shape s;
    (take_shape<Parts>(s), ...);
    return s;
  }
  template <class P>
  static constexpr void take_shape(shape& s) {
    using found = typename tower_of<P>::type;
    if constexpr (!std::is_void_v<found>)
      if (s.rank == 0) s = found::architecture::input_shape();
  }
  template <class P>
  static constexpr void build_tower(graph& g, step_context& c) {
    using found = typename tower_of<P>::type;
    if constexpr (!std::is_void_v<found>) found::build(g, c);
  }
  template <class P>
  static constexpr void limit(graph& g) {
    limit_to(g, static_cast<P*>(nullptr));
  }
  template <name Scope>
  static constexpr void limit_to(graph& g, trainable<Scope>*) {
    if (g.only_count == 4) return g.fail(issue::scopes_of_a_step, 4);
    g.only[g.only_count++] = Scope.hash();
    g.inside = false;
  }
  static constexpr void limit_to(graph&, void*) {}

  template <class P>
  static constexpr bool is_term = requires { typename P::loss; };
  template <class P>
  static constexpr void build_term(graph& g, step_context& c, buffer<value_id>& losses,
                                   buffer<double>& weights, int& number) {
    if constexpr (requires { typename P::loss; }) {
      const graph::scope here(g, label("loss"), number++);
      losses.push(P::loss::build(g, c));
      weights.push(P::weight);
      g.add_tap(losses[losses.size() - 1]);
    }
  }
  static constexpr value_id join(graph& g, const buffer<value_id>& losses,
                                 const buffer<double>& weights) {
    if (losses.size() == 0 || losses.size() > 8)
      g.fail(issue::terms_of_a_step, losses.size(), 8);
    if (!g.ok()) return 0;
    int first = -1;
    for (int i = 0; i < losses.size(); ++i) {
      const graph::scope here(g, label("term"), i);
      const int s = g.add_setting("weight", weights[i]);
      if (i == 0) first = s;
    }
    return g.emit(rules_of<"weighted_sum">, losses.begin(), losses.size(), {}, first);
  }
  template <int Stage, class P>
  static constexpr void update_stage(graph& g, value_id w, value_id d, int& buffers) {
    if constexpr (requires { P::update_stage; })
      if constexpr (P::update_stage == Stage) P::update(g, w, d, buffers);
  }
};

}  // namespace tessera::inline v0
