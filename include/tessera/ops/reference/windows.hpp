#pragma once
// Loops of windows and of the bias by relative position. x (S, gh * gw, C), windows
// (S, windows, wh * ww, C).

#include "tessera/ops/reference/support.hpp"
#include "tessera/ops/windows.hpp"

namespace tessera::inline v0 {

namespace detail {

// The cuts of a grid.
struct window_grid {
  std::int64_t gh, gw, wh, ww, sh, sw, across, windows;

  explicit window_grid(const attributes& a)
      : gh(a.a),
        gw(a.b),
        wh(a.c),
        ww(a.d),
        sh((a.e % gh + gh) % gh),
        sw((a.f % gw + gw) % gw),
        across(windows_along(a.b, a.d)),
        windows(windows_along(a.a, a.c) * across) {}

  std::int64_t tokens() const { return wh * ww; }
  // The cell that a token of a window is, or -1 in the padding.
  std::int64_t cell(std::int64_t window, std::int64_t token) const {
    const std::int64_t i = window / across * wh + token / ww;
    const std::int64_t j = window % across * ww + token % ww;
    return i < gh && j < gw ? (i + sh) % gh * gw + (j + sw) % gw : -1;
  }
};

// Calls move(cell, token) for every token of every window of every sample, with its row in the grid
// (-1 in the padding) and in the windows.
template <class Move>
void each_window_token(const window_grid& g, std::int64_t samples, Move move) {
  for (std::int64_t s = 0; s < samples; ++s)
    for (std::int64_t w = 0; w < g.windows; ++w)
      for (std::int64_t t = 0; t < g.tokens(); ++t) {
        const std::int64_t cell = g.cell(w, t);
        move(cell < 0 ? -1 : s * g.gh * g.gw + cell, (s * g.windows + w) * g.tokens() + t);
      }
}

}  // namespace detail

template <>
struct kernel<"to_windows", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t channels = a.in_shape(0).last();
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    detail::each_window_token(detail::window_grid(a.attr), detail::sample_count(a.inputs[0]),
                              [=](std::int64_t cell, std::int64_t token) {
                                for (std::int64_t c = 0; c < channels; ++c)
                                  y[token * channels + c] =
                                      cell < 0 ? T(0) : x[cell * channels + c];
                              });
  }
};

// Every cell is a token of one window, so nothing is left unwritten.
template <>
struct kernel<"from_windows", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t channels = a.in_shape(0).last();
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    detail::each_window_token(detail::window_grid(a.attr), detail::sample_count(a.outputs[0]),
                              [=](std::int64_t cell, std::int64_t token) {
                                if (cell < 0) return;
                                for (std::int64_t c = 0; c < channels; ++c)
                                  y[cell * channels + c] = x[token * channels + c];
                              });
  }
};

template <>
struct kernel<"relative_bias", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t wh = a.attr.a, ww = a.attr.b, heads = a.in_shape(0).last();
    const T* table = a.in<T>(0);
    T* bias = a.out<T>(0);
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t i = 0; i < wh * ww; ++i)
        for (std::int64_t j = 0; j < wh * ww; ++j) {
          const std::int64_t down = i / ww - j / ww + wh - 1, across = i % ww - j % ww + ww - 1;
          *bias++ = table[(down * (2 * ww - 1) + across) * heads + h];
        }
  }
};

// A row of the table is read by the pairs of tokens that lie (down, across) apart.
template <>
struct kernel<"relative_bias_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t wh = a.attr.a, ww = a.attr.b, heads = a.in_shape(0).dims[0];
    const std::int64_t tokens = wh * ww;
    const T* dbias = a.in<T>(0);
    for (std::int64_t down = 1 - wh; down < wh; ++down)
      for (std::int64_t across = 1 - ww; across < ww; ++across)
        for (std::int64_t h = 0; h < heads; ++h) {
          detail::accumulator_t<T> sum(0);
          for (std::int64_t v = 0; v < wh; ++v)
            for (std::int64_t u = 0; u < ww; ++u) {
              const std::int64_t y = v + down, x = u + across;
              if (y < 0 || y >= wh || x < 0 || x >= ww) continue;
              sum += dbias[(h * tokens + y * ww + x) * tokens + v * ww + u];
            }
          const std::int64_t row = (down + wh - 1) * (2 * ww - 1) + across + ww - 1;
          detail::put<T>(a.outputs[0], row * heads + h, sum);
        }
  }
};

}  // namespace tessera::inline v0
