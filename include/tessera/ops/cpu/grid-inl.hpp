// depthwise_conv and its gradients over the cells of one sample, (height width, C), with kernels of
// side k laid out (k k, C); part of leaves-inl.hpp.

struct add_product {  // sum + x w
  TESSERA_CPU_INLINE vec operator()(vec sum, vec x, vec w) const { return fma(x, w, sum); }
};

// f(cell of y, cell of x, tap) wherever both lie on the grid.
template <class F>
TESSERA_CPU_INLINE void over_taps(std::int64_t height, std::int64_t width, std::int64_t k,
                                  const F& f) {
  for (std::int64_t i = 0; i < height; ++i)
    for (std::int64_t j = 0; j < width; ++j)
      for (std::int64_t u = 0; u < k; ++u)
        for (std::int64_t v = 0; v < k; ++v) {
          const std::int64_t y = i + u - k / 2, x = j + v - k / 2;
          if (y >= 0 && y < height && x >= 0 && x < width)
            f(i * width + j, y * width + x, u * k + v);
        }
}

// y += the correlation of x with w.
inline void depthwise_sample(std::int64_t height, std::int64_t width, std::int64_t k,
                             std::int64_t c, const float* x, const float* w, float* y) {
  over_taps(height, width, k,
            [&](std::int64_t to, std::int64_t from, std::int64_t tap) TESSERA_TARGET {
              zip(add_product(), y + to * c, c, y + to * c, x + from * c, w + tap * c);
            });
}
inline void depthwise_input_gradient_sample(std::int64_t height, std::int64_t width,
                                            std::int64_t k, std::int64_t c, const float* dy,
                                            const float* w, float* dx) {
  over_taps(height, width, k,
            [&](std::int64_t to, std::int64_t from, std::int64_t tap) TESSERA_TARGET {
              zip(add_product(), dx + from * c, c, dx + from * c, dy + to * c, w + tap * c);
            });
}
inline void depthwise_weight_gradient_sample(std::int64_t height, std::int64_t width,
                                             std::int64_t k, std::int64_t c, const float* dy,
                                             const float* x, float* dw) {
  over_taps(height, width, k,
            [&](std::int64_t to, std::int64_t from, std::int64_t tap) TESSERA_TARGET {
              zip(add_product(), dw + tap * c, c, dw + tap * c, dy + to * c, x + from * c);
            });
}
