#include "tessera/ops/cpu/resample.hpp"

#include <string>

#include <doctest/doctest.h>

#include "support/call.hpp"
#include "support/cpu_agrees.hpp"

namespace {

using support::agrees, support::call, support::uneven;

// Larger, smaller, one of each, the same, and so much smaller that a cell reads dozens.
constexpr tessera::attributes sizes[] = {
    {5, 7, 9, 11}, {9, 11, 5, 7}, {3, 8, 7, 5}, {6, 5, 6, 5}, {31, 23, 2, 1}};

}  // namespace

TEST_CASE("resized cells and their gradients on the CPU are those of the reference") {
  for (const int batch : {1, 3})
    for (const int c : {1, 3, 17, 32, 33, 197})
      for (int mode = 0; mode < 5; ++mode)
        for (tessera::attributes a : sizes) {
          a.e = mode;
          const int cells = a.a * a.b, resized = a.c * a.d;
          const std::string what = std::to_string(c) + " channels, mode " + std::to_string(mode);
          agrees<"resize_cells">([&]<class T>(T) {
            return call<T>(batch).sample({cells, c}, uneven<T>(batch * cells * c)).attributes(a);
          }, what);
          agrees<"resize_cells_gradient">([&]<class T>(T) {
            const auto dy = uneven<T>(batch * resized * c);
            return call<T>(batch).sample({resized, c}, dy).attributes(a);
          }, what);
        }
}
