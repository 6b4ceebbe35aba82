// Federated segmentation: a label for each cell of every image.
#include <doctest/doctest.h>

#include <cstdint>
#include <span>

#include "tessera/federated/simulation.hpp"
#include "tessera/tessera.hpp"

namespace ts = tessera;

namespace {

using tiny = ts::vit<ts::image<8>,
                     ts::stages<ts::mix_stage<1, ts::patch<3, ts::stride<2>, ts::padding<1>>,
                                              ts::width<8>, ts::heads<2>, ts::reduction<1>>>,
                     ts::head::all_mlp<8>, ts::classes<2>>;
using step = ts::train<tiny, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;
using federation = ts::federation<step, ts::batch_size<4>>;

// Cells are of class 1 where the image is bright.
void fill(std::span<const int> indices, ts::random_key, std::uint64_t, std::span<float> images,
          std::span<std::int32_t> labels) {
  REQUIRE(labels.size() == indices.size() * 16);
  for (std::size_t b = 0; b < indices.size(); ++b)
    for (std::size_t cell = 0; cell < 16; ++cell) {
      const bool bright =
          ts::uniform(5, 0, 1, static_cast<std::uint64_t>(indices[b]), cell) > 0.5f;
      labels[16 * b + cell] = bright ? 1 : 0;
      const std::size_t y = 2 * (cell / 4), x = 2 * (cell % 4);
      for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t d = 0; d < 4; ++d)
          images[((b * 3 + c) * 8 + y + d / 2) * 8 + x + d % 2] = bright ? 1.0f : -1.0f;
    }
}

}  // namespace

TEST_CASE("two clients learn to tell bright cells from dark ones") {
  ts::simulation<federation> run({{0, 1, 2, 3, 4, 5, 6, 7}, {8, 9, 10, 11}}, {}, fill, 3);
  const double first = run.round().loss;
  double last = first;
  for (int r = 0; r < 100; ++r) last = run.round().loss;
  CHECK(first > 0.3);
  CHECK(last < 0.7 * first);
}
