#pragma once
// train<parts...>: one training step as a type. Parts, in any order:
//     tower<"name", Arch, frozen>   a network under its own scope; an Arch alone is a tower without
//                                   a name, whose parameters keep timm's names
//     term<weight<P, Q>, Loss>      a weighted loss; the weight is a setting "term.i.weight"
//     clip_by_norm, adamw, ema      the update, in this order whatever the order of the words; or
//                                   clip_by_value; sgd, nesterov, lars (train/optimizers.hpp)
//     trainable<"scope">            only parameters in these scopes ("exits", "blocks.3") train
//     freeze, eval_mode, detach<"scope">   three switches of a scope, independent of each other: no
//                                   gradient to its weights; inference numerics; no gradient to
//                                   what it reads
//     recompute<"blocks.*">         activations of each such module are computed again for the
//                                   backward pass instead of kept: less memory, equal bits
// A scope is a module with all below it ("blocks.3"), or every module just below one ("blocks.*").
//
// gradient(): the joint graph of towers and losses, differentiated. update(): clipping, optimizer,
// averages over flat buffers. Between the two is where micro-batches, clients and privacy act.
// Taps: "output" of each tower (under its name), "loss", "loss.i", and those of the architectures.

#include "tessera/arch/counts.hpp"
#include "tessera/arch/settings.hpp"
#include "tessera/arch/words.hpp"
#include "tessera/graph/detach.hpp"
#include "tessera/graph/differentiate.hpp"
#include "tessera/graph/recompute.hpp"
#include "tessera/meta/name.hpp"
#include "tessera/ops/update.hpp"

#include <concepts>
#include <type_traits>

namespace tessera::inline v0 {

struct frozen {};  // a tower without training: evaluation mode, no gradient, not sent

namespace rule {
template <long long P, long long Q>
struct weight {
  static constexpr bool said() {
    static_assert(Q != 0, "tessera::weight<P, Q>: the weight is P / Q, Q not zero");
    return true;
  }
};
}  // namespace rule

template <long long P, long long Q = 1>
struct weight {
  using rule = tessera::rule::weight<P, Q>;
  static constexpr double value = Q == 0 ? 0 : static_cast<double>(P) / static_cast<double>(Q);
};

// What a word asks of the scopes it names (graph/switches.hpp).
template <scope_switch What, name Scope>
struct scope_word {
  static constexpr scope_rule scope() { return rule_for(What, Scope); }
};
template <name Scope>
struct trainable : scope_word<scope_switch::train_only, Scope> {};
template <name Scope>
struct freeze : scope_word<scope_switch::freeze, Scope> {};
template <name Scope>
struct eval_mode : scope_word<scope_switch::eval_mode, Scope> {};
template <name Scope>
struct detach : scope_word<scope_switch::detach, Scope> {};
template <name Scope>
struct recompute : scope_word<scope_switch::recompute, Scope> {};

template <name Tap>
struct on {  // the value a loss looks at, by the name of a tap
  static constexpr name tap = Tap;
};
template <class Word>
concept tap_word = requires { Word::tap; };

// What losses see of the step under construction.
struct step_context {
  value_id images = absent, output = absent, label_values = absent;
  vit_settings settings;   // of the first tower
  std::uint64_t path = 0;  // its scope

  // A tap of the first tower, or absent.
  constexpr value_id tap_of(const graph& g, label what) const {
    return g.known_tap(path == 0 ? what.hash : (path * hash_base + '.') * what.power + what.hash);
  }
  // A label for each row of these logits: B, or B x cells of a segmentation. All losses of a step
  // read the same; the first that asks says how many.
  constexpr value_id labels(graph& g, value_id logits) {
    if (!g.ok()) return absent;
    const shape rows = g.shape_of(logits).rows();
    if (label_values == absent && rows.power == 1)
      label_values = g.add_input("labels", rows, role::index);
    const int first = label_values == absent ? 0 : rows_of(g.shape_of(label_values));
    if (first != rows_of(rows) || first == 0)
      g.fail(issue::labels_need_rows, first, rows_of(rows));
    return label_values;
  }
  static constexpr int rows_of(const shape& s) {  // of one sample; 0 where it has no batch
    return s.power == 1 ? static_cast<int>(s.count(1)) : 0;
  }
};

template <class Loss>
concept loss_word = requires(graph& g, step_context& c) {
  { Loss::build(g, c) } -> std::same_as<value_id>;
};
template <class Part>
concept term_word = requires {
  typename Part::loss;
  Part::weight;
};
template <class Part>
concept tower_word = requires { typename Part::tower_of; };
template <class Part>
concept step_word =
    tower_word<Part> || term_word<Part> || architecture<Part> || requires { Part::scope(); } ||
    requires { Part::update_stage; };

namespace detail {
constexpr bool names_a_tower(const name& n) {  // also in files and patterns of scopes
  for (int i = 0; i < n.length(); ++i) {
    const char c = n.at(i);
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_')
      return false;
  }
  return true;
}
}  // namespace detail

namespace rule {
template <name Name, class Arch, class... Options>
struct tower {
  static constexpr bool said() {
    constexpr bool named = detail::names_a_tower(Name), is = tessera::architecture<Arch>;
    static_assert(named,
                  "tessera::tower<Name, Arch, Options...>: Name must be letters, digits and _");
    static_assert(is,
                  "tessera::tower<Name, Arch, Options...>: Arch must be an architecture (ts::vit, "
                  "early_exit, mae, cascaded, or a type with settings(), input_shape() and build)");
    constexpr bool are_options = (std::is_same_v<Options, frozen> && ...);
    static_assert(are_options,
                  "tessera::tower<Name, Arch, Options...>: the only option is ts::frozen");
    return true;
  }
};
template <class Weight, class Loss>
struct term {
  static constexpr bool said() {
    constexpr bool weighs = requires { Weight::value; }, builds = loss_word<Loss>;
    static_assert(weighs, "tessera::term<Weight, Loss>: Weight must be ts::weight<P, Q>");
    static_assert(builds || !weighs,
                  "tessera::term<Weight, Loss>: Loss must be a loss (loss::cross_entropy<>, "
                  "distill::logits<\"teacher\">, or a type with build(graph&, step_context&))");
    return rule_of<Weight>::said() && rule_of<Loss>::said();
  }
};
template <class... Parts>
struct train {
  static constexpr bool said() {
    constexpr bool are_parts = (true && ... && step_word<Parts>);
    static_assert(are_parts,
                  "tessera::train<Parts...>: every part must be an architecture, tower, term, "
                  "trainable, freeze, eval_mode, detach, recompute, an optimizer, a clip or ema");
    constexpr bool reads = !are_parts || (false || ... || (tower_word<Parts> ||
                                                       tessera::architecture<Parts>));
    static_assert(reads, "tessera::train<Parts...>: needs an architecture to train");
    constexpr bool once = at_most_one(0) && at_most_one(1) && at_most_one(2);
    static_assert(once, "tessera::train<Parts...>: one optimizer, one clip and one ema at most");
    return true;
  }

 private:
  static constexpr bool at_most_one(int stage) {
    return (0 + ... + (stage_of<Parts>() == stage ? 1 : 0)) < 2;
  }
  template <class Part>
  static constexpr int stage_of() {
    if constexpr (requires { Part::update_stage; }) return Part::update_stage;
    return -1;
  }
};
}  // namespace rule

template <name Name, class Arch, class... Options>
struct tower {
  using rule = tessera::rule::tower<Name, Arch, Options...>;
  static_assert(__is_empty(Arch) || true);
  using tower_of = tower;
  using architecture = Arch;
  static constexpr bool is_frozen = (false || ... || std::is_same_v<Options, frozen>);
  static constexpr shape input_shape() {
    if constexpr (tessera::architecture<Arch>) return Arch::input_shape();
    return {1, 1, 3, {}};
  }
  static constexpr void build(graph& g, step_context& c) {
    if constexpr (!tessera::architecture<Arch> || !detail::names_a_tower(Name)) {
      g.fail(issue::word_invalid);
    } else if constexpr (Name == name("")) {
      emit_tower(g, c);
    } else {
      const graph::scope here(g, Name);
      emit_tower(g, c);
    }
  }

 private:
  static constexpr void emit_tower(graph& g, step_context& c) {
    const shape own = input_shape(), given = g.shape_of(c.images);
    for (int i = 0; i < 4; ++i)
      if (own.dims[i] != given.dims[i])
        g.fail(issue::towers_of_unequal_images, given.dims[i], own.dims[i]);
    const bool was_frozen = g.frozen, was_training = g.training;
    g.frozen = g.frozen || is_frozen;
    g.training = g.training && !is_frozen;
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
  using rule = tessera::rule::term<Weight, Loss>;
  static constexpr double weight = [] {
    if constexpr (requires { Weight::value; }) return static_cast<double>(Weight::value);
    return 0.0;
  }();
  using loss = Loss;
};

// A loss or a tap that a word names: the first tower's output unless on<"..."> says otherwise.
template <class... Words>
struct watched {
  static constexpr value_id find(graph&, const step_context& c) { return c.output; }
};
template <tap_word Word, class... Words>
struct watched<Word, Words...> {
  static constexpr value_id find(graph& g, const step_context&) { return g.find_tap(Word::tap); }
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
  // Architectures first speak for themselves, with a short chain.
  static_assert((true && ... && (__is_empty(Parts) || true)));
  static_assert(rule::train<Parts...>::said() && (true && ... && rule_of<Parts>::said()));
  // Recomputation needs no kernel of its own, so a compiler that lists kernels leaves it out.
  // `spelled` keeps names at compile time, to say which one is wrong.
  static constexpr graph gradient(bool recomputed = true, bool spelled = false) {
    graph g;
    g.training = true;
    g.spelled = spelled;
    (ask_scopes<Parts>(g), ...);
    if (input_shape().rank == 0) g.fail(issue::word_invalid);
    step_context c;
    c.images = g.add_input("images", input_shape());
    (build_tower<Parts>(g, c), ...);
    buffer<value_id> losses;
    buffer<double> weights;
    int number = 0;
    (build_term<Parts>(g, c, losses, weights, number), ...);
    value_id total = join(g, losses, weights);
    g.add_tap("loss", total);
    for (int i = 0; i < g.scope_rules.size(); ++i)
      if (!g.scope_rules[i].met) g.fail(issue::unknown_scope, i + 1, 0, g.scope_rules[i].text);
    detach_scopes(g);
    const int forward = g.nodes.size();
    if (forward > max_ops * 11 / 20) g.fail(issue::too_many_nodes, forward, max_ops * 11 / 20);
    differentiate(g, total);
    if (recomputed) recompute_scopes(g, forward);
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
  template <tower_word P>
  struct tower_of<P> {
    using type = P;
  };
  template <architecture P>
    requires(!tower_word<P>)
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
      if (s.rank == 0) s = found::input_shape();
  }
  template <class P>
  static constexpr void build_tower(graph& g, step_context& c) {
    using found = typename tower_of<P>::type;
    if constexpr (!std::is_void_v<found>) found::build(g, c);
  }
  template <class P>
  static constexpr void ask_scopes(graph& g) {
    if constexpr (requires { P::scope(); }) g.ask(P::scope());
  }

  template <class P>
  static constexpr bool is_term = term_word<P>;
  template <class Loss>
  static constexpr value_id loss_of(graph& g, step_context& c) {
    if constexpr (loss_word<Loss>) return Loss::build(g, c);
    return absent;
  }
  template <class P>
  static constexpr void build_term(graph& g, step_context& c, buffer<value_id>& losses,
                                   buffer<double>& weights, int& number) {
    if constexpr (!step_word<P>) {
      g.fail(issue::word_invalid);
    } else if constexpr (term_word<P>) {
      if constexpr (!loss_word<typename P::loss>) return g.fail(issue::word_invalid);
      const graph::scope here(g, label("loss"), number++);
      losses.push(loss_of<typename P::loss>(g, c));
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
