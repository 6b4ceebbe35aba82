#pragma once
// Loops of the update graph, over the trained slices of whole buffers; in place.

#include <cmath>

#include "tessera/ops/reference/support.hpp"
#include "tessera/ops/update.hpp"

namespace tessera::inline v0 {

namespace detail {

// f(slice) for each slice that is trained; without slices the buffer is one.
template <class F>
void for_each_trained(const arguments& a, F f) {
  if (a.slice_count == 0) {
    slice_range whole;
    whole.size = a.out_count(0);
    return f(whole);
  }
  for (int i = 0; i < a.slice_count; ++i)
    if (a.slices[i].trained) f(a.slices[i]);
}

}  // namespace detail

template <>
struct kernel<"clip_by_norm", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::sqrt;
    using wide = detail::accumulator_t<T>;
    T* g = a.out<T>(0);
    const wide limit(a.settings[0]);
    if (!(a.settings[0] > 0)) return;
    wide squares(0);
    detail::for_each_trained(a, [&](const slice_range& s) {
      squares += detail::dot(g + s.offset, g + s.offset, s.size);
    });
    const wide norm = sqrt(squares);
    if (norm <= limit) return;
    detail::for_each_trained(a, [&](const slice_range& s) {
      for (std::int64_t i = s.offset; i < s.offset + s.size; ++i)
        g[i] = static_cast<T>(g[i] * (limit / norm));
    });
  }
};

template <>
struct kernel<"clip_by_value", reference> {
  template <class T>
  static void run(const arguments& a) {
    T* g = a.out<T>(0);
    const T limit = static_cast<T>(a.settings[0]);
    if (!(a.settings[0] > 0)) return;
    detail::for_each_trained(a, [&](const slice_range& s) {
      for (std::int64_t i = s.offset; i < s.offset + s.size; ++i)
        g[i] = g[i] > limit ? limit : g[i] < -limit ? -limit : g[i];
    });
  }
};

template <>
struct kernel<"sgd", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    T* w = a.out<T>(0);
    const T* g = a.in<T>(1);
    T* v = static_cast<T*>(a.inputs[2].data);
    const wide momentum(a.settings[1]);
    detail::for_each_trained(a, [&](const slice_range& s) {
      const wide rate(a.settings[0] * s.lr_scale);
      const wide decay(s.decay ? a.settings[2] : 0);
      for (std::int64_t i = s.offset; i < s.offset + s.size; ++i) {
        const wide d = wide(g[i]) + decay * w[i];
        const wide v_new = momentum * v[i] + d;
        w[i] = static_cast<T>(w[i] - rate * (a.attr.a == 1 ? d + momentum * v_new : v_new));
        v[i] = static_cast<T>(v_new);
      }
    });
  }
};

template <>
struct kernel<"lars", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::sqrt;
    using wide = detail::accumulator_t<T>;
    T* w = a.out<T>(0);
    const T* g = a.in<T>(1);
    T* v = static_cast<T*>(a.inputs[2].data);
    const wide momentum(a.settings[1]), trust(a.settings[3]);
    detail::for_each_trained(a, [&](const slice_range& s) {
      const wide rate(a.settings[0] * s.lr_scale);
      const wide decay(s.decay ? a.settings[2] : 0);
      wide weights(0), changes(0), by(1);
      for (std::int64_t i = s.offset; s.decay && i < s.offset + s.size; ++i) {
        const wide d = wide(g[i]) + decay * w[i];
        weights += wide(w[i]) * w[i];
        changes += d * d;
      }
      if (weights > wide(0) && changes > wide(0)) by = trust * sqrt(weights) / sqrt(changes);
      for (std::int64_t i = s.offset; i < s.offset + s.size; ++i) {
        const wide v_new = momentum * v[i] + by * (wide(g[i]) + decay * w[i]);
        w[i] = static_cast<T>(w[i] - rate * v_new);
        v[i] = static_cast<T>(v_new);
      }
    });
  }
};

template <>
struct kernel<"adamw", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::sqrt;
    using wide = detail::accumulator_t<T>;
    T* w = a.out<T>(0);
    const T* g = a.in<T>(1);
    T *m = static_cast<T*>(a.inputs[2].data), *v = static_cast<T*>(a.inputs[3].data);
    const double lr = a.settings[0], beta1 = a.settings[1], beta2 = a.settings[2];
    const double eps = a.settings[3], decay = a.settings[4], step = a.settings[5];
    const double m_sum = 1 - std::pow(beta1, step), v_sum = 1 - std::pow(beta2, step);
    detail::for_each_trained(a, [&](const slice_range& s) {
      const double rate = lr * s.lr_scale;
      const double shrink = s.decay ? 1 - rate * decay : 1;
      for (std::int64_t i = s.offset; i < s.offset + s.size; ++i) {
        const wide gradient(g[i]);
        const wide m_new = wide(beta1) * m[i] + wide(1 - beta1) * gradient;
        const wide v_new = wide(beta2) * v[i] + wide(1 - beta2) * gradient * gradient;
        const wide change = m_new / wide(m_sum) / (sqrt(v_new / wide(v_sum)) + wide(eps));
        w[i] = static_cast<T>(wide(shrink) * w[i] - wide(rate) * change);
        m[i] = static_cast<T>(m_new);
        v[i] = static_cast<T>(v_new);
      }
    });
  }
};

template <>
struct kernel<"ema", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T* w = a.in<T>(0);
    T* average = a.out<T>(0);
    const double d = a.settings[0];
    for (int k = 0; k < a.slice_count; ++k)
      if (const slice_range& s = a.slices[k]; !s.trained)
        for (std::int64_t i = s.offset; i < s.offset + s.size; ++i) average[i] = w[i];
    detail::for_each_trained(a, [&](const slice_range& s) {
      for (std::int64_t i = s.offset; i < s.offset + s.size; ++i)
        average[i] = static_cast<T>(wide(d) * average[i] + wide(1 - d) * w[i]);
    });
  }
};

}  // namespace tessera::inline v0
