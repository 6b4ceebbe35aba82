#pragma once
// Losses as words of a term; ops/losses.hpp has the formulas. A loss from outside is a struct with
//     static constexpr value_id build(graph&, step_context&)    -> a scalar without batch

#include "tessera/ops/contrast.hpp"
#include "tessera/ops/dice.hpp"
#include "tessera/ops/gram.hpp"
#include "tessera/ops/l2_normalise.hpp"
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

template <class... Words>
struct dice {
  static constexpr bool said() {
    constexpr bool is_tap = sizeof...(Words) < 2 && (tap_word<Words> && ...);
    static_assert(is_tap,
                  "tessera::loss::dice<Words...>: takes one word at most, ts::on<\"tap\">");
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

// Soft Dice of the cells' classes, image by image: 1 - mean over images and classes of
// (2 sum p y + s) / (sum p + sum y + s), s the setting "loss.i.smooth". Labels: cross_entropy's.
template <class... Words>
struct dice {
  using rule = tessera::rule::dice<Words...>;
  static constexpr value_id build(graph& g, step_context& c) {
    const value_id logits = watched<Words...>::find(g, c), labels = c.labels(g, logits);
    if (!g.ok()) return absent;
    const shape& x = g.shape_of(logits);
    if (x.rows().count(1) > 1 && c.settings.classes > 0 && x.last() != c.settings.classes)
      g.fail(issue::shapes_differ, x.last(), c.settings.classes, name("dice"));
    return emit<"dice">(g, {logits, labels}, {}, g.add_setting("smooth", 1));
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

// 1 - cosine, mean over the rows: tokens, or one vector per sample; "loss.i.eps" the least length.
struct cosine {
  static constexpr value_id between(graph& g, value_id teacher, value_id student) {
    return emit<"cosine_distance">(g, {g.stop_gradient(teacher), student}, {},
                                   g.add_setting("eps", 1e-8));
  }
};

// Mean squared error of the relations x^T x of channels (D, D), of each sample; not divided by the
// number of tokens. Source: Xu et al. 2023 (LGViT).
struct gram {
  static constexpr value_id between(graph& g, value_id teacher, value_id student) {
    const value_id of_teacher = emit<"gram">(g, {g.stop_gradient(teacher)});
    return emit<"mse">(g, {of_teacher, emit<"gram">(g, {student})});
  }
};

// Mean squared error of the cosines of all pairs of tokens (N, N), of each sample; the widths of
// teacher and student may differ. Source: Simeoni et al. 2025 (DINOv3's Gram anchoring).
struct token_gram {
  static constexpr value_id between(graph& g, value_id teacher, value_id student) {
    const int eps = g.add_setting("eps", 1e-12);
    const value_id t = emit<"l2_normalise">(g, {g.stop_gradient(teacher)}, {}, eps);
    const value_id s = emit<"l2_normalise">(g, {student}, {}, eps);
    return emit<"mse">(g, {emit<"gram">(g, {t}, {1}), emit<"gram">(g, {s}, {1})});
  }
};

// InfoNCE: each row of the student finds its own among the teacher's rows of the whole batch, by
// cosines over "loss.i.temperature" (0.1); symmetric_info_nce is the mean of this and of the
// teacher's rows that find the student's. MoCo v3 multiplies by 2 T: a weight. Source: van den Oord
// et al. 2018; Radford et al. 2021 (CLIP).
template <bool Symmetric>
struct info_nce_of {
  static constexpr value_id between(graph& g, value_id teacher, value_id student) {
    const int eps = g.add_setting("eps", 1e-12);
    const value_id keys = emit<"l2_normalise">(g, {g.stop_gradient(teacher)}, {}, eps);
    const value_id queries = emit<"l2_normalise">(g, {student}, {}, eps);
    return emit<"info_nce">(g, {queries, keys}, {Symmetric ? 1 : 0},
                            g.add_setting("temperature", 0.1));
  }
};
struct info_nce : info_nce_of<false> {};
struct symmetric_info_nce : info_nce_of<true> {};

}  // namespace tessera::inline v0::loss
