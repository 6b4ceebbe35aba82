#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/call.hpp"
#include "support/golden.hpp"

// Every mode of resize_cells against PyTorch's interpolate (resize.safetensors).

namespace ts = tessera;
using golden::relative;
using support::call;

namespace {

struct named_mode {
  ts::resize_mode mode;
  const char* name;
};
constexpr named_mode modes[] = {{ts::resize_mode::nearest, "nearest"},
                                {ts::resize_mode::bilinear, "bilinear"},
                                {ts::resize_mode::bicubic, "bicubic"},
                                {ts::resize_mode::bilinear_antialias, "bilinear_antialias"},
                                {ts::resize_mode::bicubic_antialias, "bicubic_antialias"}};

}  // namespace

TEST_CASE_TEMPLATE("grids and their gradients are resized as PyTorch resizes them", T, float,
                   double) {
  const golden::file values("resize");
  const auto cases = values["grid.cases"];
  REQUIRE(cases.size() == 9 * 4);
  const double tolerance = sizeof(T) == 8 ? 1e-14 : 2e-7;  // of the largest element
  for (const named_mode& m : modes)
    for (std::size_t k = 0; k < 9; ++k) {
      const auto at = [&](std::size_t i) { return static_cast<int>(cases[4 * k + i]); };
      const ts::attributes a{at(0), at(1), at(2), at(3), static_cast<int>(m.mode)};
      const std::string name = "grid." + std::to_string(k) + ".", key = name + m.name;
      CAPTURE(key);

      const auto y = call<T>()
                         .sample({a.a * a.b, 2}, golden::filled<T>(name + "input", {a.a * a.b, 2}))
                         .attributes(a)
                         .template run<"resize_cells">();

      CHECK(relative(y.out(0), values[key]) <= tolerance);
      if (k >= 3) continue;
      const auto dx =
          call<T>()
              .sample({a.c * a.d, 2}, golden::filled<T>(name + "upstream", {a.c * a.d, 2}))
              .attributes(a)
              .template run<"resize_cells_gradient">();
      CHECK(relative(dx.out(0), values[key + ".grad"]) <= tolerance);
    }
}
