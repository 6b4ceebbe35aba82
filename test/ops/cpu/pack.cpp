#include "tessera/ops/cpu/pack.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using extent = std::int64_t;

float value(extent i, extent k) { return static_cast<float>(1 + i * 1000 + k); }

// An operand whose value (i, k), i < used, k < depth, lies at i lane + k step.
std::vector<float> operand(extent used, extent depth, extent lane, extent step) {
  std::vector<float> x(static_cast<std::size_t>((used - 1) * lane + (depth - 1) * step + 1), -7.0f);
  for (extent i = 0; i < used; ++i)
    for (extent k = 0; k < depth; ++k)
      x[static_cast<std::size_t>(i * lane + k * step)] = value(i, k);
  return x;
}

// Whether a panel [k][width] holds the operand, zeros beyond `used`, and nothing lies behind it.
bool holds(const std::vector<float>& panel, extent width, extent used, extent depth) {
  bool good = panel.back() == -9.0f;
  for (extent k = 0; k < depth; ++k)
    for (extent i = 0; i < width; ++i)
      good = good && panel[static_cast<std::size_t>(k * width + i)] == (i < used ? value(i, k) : 0);
  return good;
}

std::vector<float> empty_panel(extent width, extent depth) {
  return std::vector<float>(static_cast<std::size_t>(width * depth + 1), -9.0f);
}

constexpr extent widths[] = {4, 6, 8, 12, 16, 32};

}  // namespace

TEST_CASE("a panel holds any operand value by value, and zeros beyond it") {
  for (const extent width : widths)
    for (const extent depth : {1, 3, 4, 7, 64})
      for (const extent used : {extent{1}, width - 1, width})
        for (const auto& [lane, step] :
             {std::pair<extent, extent>{100, 1}, {1, 100}, {200, 2}, {2, 200}}) {
          const std::vector<float> x = operand(used, depth, lane, step);
          std::vector<float> panel = empty_panel(width, depth);
          tessera::cpu_kernels::pack_any(width, depth, x.data(), lane, step, used, panel.data());
          const bool good = holds(panel, width, used, depth);
          CHECK_MESSAGE(good, "width ", width, " depth ", depth, " used ", used);
        }
}

TEST_CASE("the transpose of contiguous rows is the panel of any operand") {
  for (const extent width : widths)
    for (const extent depth : {1, 3, 4, 7, 64, 255, 256}) {
      const std::vector<float> x = operand(width, depth, 300, 1);
      std::vector<float> panel = empty_panel(width, depth);
      tessera::cpu_kernels::pack_rows(width, depth, x.data(), 300, panel.data());
      const bool good = holds(panel, width, width, depth);
      CHECK_MESSAGE(good, "width ", width, " depth ", depth);
    }
}
