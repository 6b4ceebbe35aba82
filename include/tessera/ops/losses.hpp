#pragma once
// Losses: scalars without batch. Sums over the batch run in double, in sample order.
//
// cross_entropy  logits (.., K), labels (..) index -> loss = mean over rows of
//                -(1 - s) log p_y - s / K sum_k log p_k, s the setting (label smoothing); also the
//                log-sum-exp (..) of each row.
// soft_cross_entropy  logits (.., K), targets (.., K) -> loss = mean over rows of
//                -sum_k t_k log p_k; also the log-sum-exp (..) of each row. Gradient: logits only.
// kl_divergence  student (K), teacher (K) logits, setting T; p = softmax(. / T):
//                loss = T^2 sum_{b,k} p_t (log p_t - log p_s) / B, or / (B K) where attributes.a = 1
//                (DeiT's and LGViT's code divides by the number of elements). Gradient: student only,
//                T (p_s - p_t) / B or / (B K). Source: Hinton et al. 2015.
// masked_mse     prediction (N, P), target (N, P), mask (N):
//                loss = sum mask mean_P (prediction - target)^2 / sum mask, over the batch (MAE).
// mse            mean over all elements of (a - b)^2; gradient to both.
// smooth_l1      mean over all elements of e^2 / (2 beta) where e = |a - b| < beta, else
//                e - beta / 2; beta the setting, 0: the mean of |a - b|. Gradient to both. Source: Girshick 2015.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

namespace detail {
inline constexpr shape scalar{1, 0, 0, {}};
}

template <>
struct op<"cross_entropy_gradient"> {  // (up, logits, labels, log-sum-exp) -> dlogits
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};

template <>
struct op<"cross_entropy"> {
  static constexpr int outputs = 2;
  static constexpr unsigned optional = 2;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, g.in_shape(n, 1), x.rows());
    g.set(n, 0, detail::scalar);
    g.set(n, 1, x.rows(), role::statistic);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"cross_entropy_gradient">(
                    g, {d.of(n), g.in(n, 0), g.in(n, 1), n.output + 1}, {}, n.settings));
  }
};

template <>
struct op<"soft_cross_entropy_gradient"> {  // (up, logits, targets, log-sum-exp) -> dlogits
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};

template <>
struct op<"soft_cross_entropy"> {
  static constexpr int outputs = 2;
  static constexpr unsigned optional = 2;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    must_equal(g, g.in_shape(n, 1), g.in_shape(n, 0));
    g.set(n, 0, detail::scalar);
    g.set(n, 1, g.in_shape(n, 0).rows(), role::statistic);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    if (d.wants(n, 1)) return g.fail(issue::no_gradient, 1);
    d.add(n, 0, emit<"soft_cross_entropy_gradient">(
                    g, {d.of(n), g.in(n, 0), g.in(n, 1), n.output + 1}));
  }
};

template <>
struct op<"kl_divergence_gradient"> {  // (up, student, teacher) -> dstudent
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};

template <>
struct op<"kl_divergence"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    must_equal(g, g.in_shape(n, 0), g.in_shape(n, 1));
    g.set(n, 0, detail::scalar);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    if (d.wants(n, 1)) return g.fail(issue::no_gradient, 1);
    d.add(n, 0, emit<"kl_divergence_gradient">(g, {d.of(n), g.in(n, 0), g.in(n, 1)}, n.attr,
                                               n.settings));
  }
};

template <>
struct op<"masked_mse_gradient"> {  // (up, prediction, target, mask) -> dprediction
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};

template <>
struct op<"masked_mse"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    must_equal(g, g.in_shape(n, 0), g.in_shape(n, 1));
    must_equal(g, g.in_shape(n, 2), g.in_shape(n, 0).rows());
    g.set(n, 0, detail::scalar);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    if (d.wants(n, 1)) return g.fail(issue::no_gradient, 1);
    d.add(n, 0,
          emit<"masked_mse_gradient">(g, {d.of(n), g.in(n, 0), g.in(n, 1), g.in(n, 2)}));
  }
};

namespace detail {

// Losses of two values alike, and their gradient ops (up, a, b) -> da.
struct comparison_gradient {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};
template <name Gradient>
struct comparison {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    must_equal(g, g.in_shape(n, 0), g.in_shape(n, 1));
    g.set(n, 0, scalar);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    for (int i = 0; i < 2; ++i)
      if (d.wants(n, i))
        d.add(n, i,
              emit<Gradient>(g, {d.of(n), g.in(n, i), g.in(n, 1 - i)}, {}, n.settings));
  }
};

}  // namespace detail

template <>
struct op<"mse_gradient"> : detail::comparison_gradient {};
template <>
struct op<"mse"> : detail::comparison<"mse_gradient"> {};
template <>
struct op<"smooth_l1_gradient"> : detail::comparison_gradient {};
template <>
struct op<"smooth_l1"> : detail::comparison<"smooth_l1_gradient"> {};

}  // namespace tessera::inline v0
