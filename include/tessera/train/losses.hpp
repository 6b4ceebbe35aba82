#pragma once
// Losses as words of a term; ops/losses.hpp has the formulas. A loss from outside is a struct with
//     static constexpr value_id build(graph&, step_context&)    -> a scalar without batch

#include "tessera/ops/losses.hpp"
#include "tessera/ops/patches.hpp"
#include "tessera/train/step.hpp"

namespace tessera::inline v0::rule {

template <class... Words>
struct cross_entropy {
  static constexpr bool said() {
    constexpr bool is_tap = sizeof...(Words) < 2 && (tap_word<Words> && ...);
    static_assert(is_tap,
                  "tessera::loss::cross_entropy<Words...>: takes one word at most, ts::on<\"tap\">");
    return true;
  }
};

template <class... Words>
struct soft_cross_entropy {
  static constexpr bool said() {
    constexpr bool is_tap = sizeof...(Words) < 2 && (tap_word<Words> && ...);
    static_assert(is_tap, "tessera::loss::soft_cross_entropy<Words...>: takes one word at most, "
                          "ts::on<\"tap\">");
    return true;
  }
};

}  // namespace tessera::inline v0::rule
namespace tessera::inline v0::loss {

// Against the labels, one per row of the logits: B, or image by image and row by row the cells of
// a segmentation. on<"exits.0"> looks at a tap. The setting "loss.i.smoothing" smooths labels.
template <class... Words>
struct cross_entropy {
  using rule = tessera::rule::cross_entropy<Words...>;
  static constexpr value_id build(graph& g, step_context& c) {
    const value_id logits = watched<Words...>::find(g, c), labels = c.labels(g, logits);
    if (!g.ok()) return absent;
    const shape& x = g.shape_of(logits);  // tokens of a block are no logits
    if (x.rows().count(1) > 1 && c.settings.classes > 0 && x.last() != c.settings.classes)
      g.fail(issue::shapes_differ, x.last(), c.settings.classes, name("cross_entropy"));
    return emit<"cross_entropy">(g, {logits, labels}, {}, g.add_setting("smoothing", 0));
  }
};

// Against a distribution over the classes for each row, as mixup, cutmix and smoothing make them
// (data/mix.hpp): the input "targets", of the logits' shape, given by trainer.bind("targets", ...).
template <class... Words>
struct soft_cross_entropy {
  using rule = tessera::rule::soft_cross_entropy<Words...>;
  static constexpr value_id build(graph& g, step_context& c) {
    const value_id logits = watched<Words...>::find(g, c);
    if (!g.ok()) return absent;
    value_id targets = absent;
    for (const input& i : g.inputs)
      if (i.hash == label("targets").hash) targets = i.value;
    if (targets == absent) targets = g.add_input("targets", shape(g.shape_of(logits)));
    return emit<"soft_cross_entropy">(g, {logits, targets});
  }
};

// MAE's: the mean squared error of the masked patches against the pixels, each patch normalised.
// For a tower mae<...>, which taps "mask".
struct masked_reconstruction {
  static constexpr value_id build(graph& g, step_context& c) {
    const vit_settings& s = c.settings;
    const value_id mask = c.tap_of(g, "mask");
    if (mask == absent) g.fail(issue::loss_needs_mae);
    if (!g.ok()) return absent;
    const value_id pixels = emit<"unfold">(g, {c.images}, {s.patch, s.step(), s.padding, 1});
    const value_id target =
        emit<"normalise_patches">(g, {pixels}, {}, g.add_setting("eps", 1e-6));
    return emit<"masked_mse">(g, {c.output, target, mask});
  }
};

// Mean squared error of two values; the first is the teacher and gets no gradient.
struct mse {
  static constexpr value_id between(graph& g, value_id teacher, value_id student) {
    return emit<"mse">(g, {g.stop_gradient(teacher), student});
  }
};

// The same of the mean absolute error, smoothed below beta ("loss.i.beta", 1; 0: not smoothed).
struct smooth_l1 {
  static constexpr value_id between(graph& g, value_id teacher, value_id student) {
    return emit<"smooth_l1">(g, {g.stop_gradient(teacher), student}, {},
                             g.add_setting("beta", 1.0));
  }
};

}  // namespace tessera::inline v0::loss
