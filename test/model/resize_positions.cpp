#include "tessera/model/resize_positions.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/golden.hpp"
#include "support/micro.hpp"
#include "support/scratch_folder.hpp"
#include "tessera/arch/counts.hpp"

namespace ts = tessera;
using golden::filled;
using golden::relative;

namespace {

constexpr const char* position_table = "pos_embed";

template <class T>
std::vector<T> resized(const std::vector<T>& x, int width, const ts::position_resize& how) {
  return ts::resize_positions<T>(x, width, how);
}

// micro::vit of 12 x 12 patches instead of 8 x 8, and of 5 x 7.
using larger = ts::vit<ts::image<48>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                       ts::classes<10>>;
using oblong = ts::vit<ts::image<20, 28>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                       ts::classes<10>>;
using long_and_low = ts::vit<ts::image<16, 64>, ts::patch<4>, ts::width<48>, ts::heads<3>,
                             ts::depth<2>, ts::classes<10>>;
using wider = ts::vit<ts::image<48>, ts::patch<4>, ts::width<96>, ts::heads<3>, ts::depth<2>,
                      ts::classes<10>>;

template <class Arch, class T = float>
ts::weights<T> weights_of(std::uint64_t seed) {
  return ts::make_weights<T>(ts::build_graph<Arch>(), seed);
}
template <class T>
std::vector<T> part(const ts::weights<T>& w, const std::string& name) {
  const std::span<const T> x = w[name];
  return {x.begin(), x.end()};
}
template <class F>
std::string failure(const F& f) {
  try {
    f();
  } catch (const ts::error& e) {
    return e.what();
  }
  return "";
}
bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("positions are resized as timm resizes them, larger and smaller, square or not") {
  const golden::file values("resize");
  const auto cases = values["positions.cases"];
  REQUIRE(cases.size() == 4 * 5);
  for (std::size_t k = 0; k < 4; ++k) {
    const auto at = [&](std::size_t i) { return static_cast<int>(cases[5 * k + i]); };
    const std::string key = "positions." + std::to_string(k);
    const std::vector<int> shape{1, at(0) + at(1) * at(2), 12};
    const ts::position_resize how{at(0), {at(1), at(2)}, {at(3), at(4)}};
    CAPTURE(key);

    const auto wide = resized(filled<double>(key + ".pos_embed", shape), 12, how);
    const auto single = resized(filled<float>(key + ".pos_embed", shape), 12, how);

    CHECK(relative(wide, values[key + ".float64"]) <= 1e-14);
    CHECK(relative(single, values[key + ".float64"]) <= 1e-7);
    CHECK(relative(single, values[key + ".timm"]) <= 1e-6);
  }
}

TEST_CASE("rows of prefix tokens are kept, and an old grid that is not given is square") {
  const auto x = filled<float>("pos_embed", {1, 3 + 16, 8});

  const auto y = resized(x, 8, {3, {}, {6, 2}});

  CHECK(y.size() == (3 + 12) * 8);
  CHECK(std::vector<float>(y.begin(), y.begin() + 24) ==
        std::vector<float>(x.begin(), x.begin() + 24));
  CHECK(y == resized(x, 8, {3, {4, 4}, {6, 2}}));
  CHECK(resized(x, 8, {3, {}, {4, 4}}) == x);
  CHECK(resized(x, 8, {3, {}, {6, 2}, ts::resize_mode::bicubic}) != y);
}

TEST_CASE("positions that are no rows of a grid are refused, with their numbers") {
  const auto x = filled<float>("pos_embed", {1, 50, 8});

  CHECK(says(failure([&] { resized(x, 8, {0, {}, {4, 4}}); }),
             "0 prefix tokens and a square grid (or its height and width), found 50 tokens"));
  CHECK(says(failure([&] { resized(x, 8, {1, {7, 8}, {4, 4}}); }),
             "1 prefix tokens and 7 x 8 tokens, found 50 tokens"));
  CHECK(says(failure([&] { resized(x, 7, {1, {}, {4, 4}}); }), "400 numbers, width 7"));
  CHECK(says(failure([&] { resized(x, 0, {1, {}, {4, 4}}); }), "400 numbers, width 0"));
  CHECK(says(failure([&] { resized(x, 8, {1, {}, {}}); }), "found 0 x 0"));
  CHECK(says(failure([&] { resized(x, 8, {1, {}, {70'000, 70'000}}); }), "found 70000 x 70000"));
  CHECK(says(failure([&] { resized(x, 8, {-1, {}, {4, 4}}); }), "-1 prefix tokens"));
  CHECK(says(failure([&] { resized(x, 8, {51, {}, {4, 4}}); }), "51 prefix tokens"));
  CHECK(says(failure([&] { resized(x, 8, {0, {-5, -10}, {4, 4}}); }), "-5 x -10 tokens"));
}

TEST_CASE("weights of another resolution: positions are resized, all else is the same bits") {
  const scratch_folder folder;
  const std::string path = (folder.path / "w.safetensors").string();
  const auto stored = weights_of<micro::vit>(3);
  auto loaded = weights_of<larger>(4);
  ts::save_weights(stored, path);

  ts::load_resized(loaded, path);

  for (const ts::slice& s : loaded.table)
    if (s.name != position_table) CHECK(part(loaded, s.name) == part(stored, s.name));
  CHECK(part(loaded, position_table) ==
        resized(part(stored, position_table), 48, {1, {8, 8}, {12, 12}}));
}

TEST_CASE("grids that are not square are given, and may have as many tokens") {
  const scratch_folder folder;
  const std::string path = (folder.path / "w.safetensors").string();
  const auto stored = weights_of<oblong>(3);
  auto square = weights_of<micro::vit>(4), oblong_again = weights_of<oblong>(5),
       turned = weights_of<oblong>(6);
  ts::save_weights(stored, path);
  const auto table = part(stored, position_table);

  ts::load_resized(square, path, {1, {5, 7}});
  ts::load_resized(oblong_again, path);
  ts::load_resized(turned, path, {1, {7, 5}, {5, 7}, ts::resize_mode::bilinear});

  CHECK(part(square, position_table) == resized(table, 48, {1, {5, 7}, {8, 8}}));
  CHECK(oblong_again.values == stored.values);
  CHECK(part(turned, position_table) ==
        resized(table, 48, {1, {7, 5}, {5, 7}, ts::resize_mode::bilinear}));
  CHECK(part(turned, position_table) != table);
}

TEST_CASE("one grid given and the other not: that one is square, whatever the count of tokens") {
  const scratch_folder folder;
  const std::string path = (folder.path / "w.safetensors").string();
  const auto stored = weights_of<micro::vit>(3);
  auto loaded = weights_of<long_and_low>(4);
  ts::save_weights(stored, path);

  ts::load_resized(loaded, path, {1, {}, {4, 16}});

  CHECK(part(loaded, position_table) ==
        resized(part(stored, position_table), 48, {1, {8, 8}, {4, 16}}));
}

TEST_CASE("positions that resizing makes infinite are refused") {
  const scratch_folder folder;
  const std::string path = (folder.path / "w.safetensors").string();
  auto stored = weights_of<micro::vit>(3);
  float sign = 3.4e38f;
  for (float& x : stored[position_table]) x = sign = -sign;
  auto loaded = weights_of<larger>(4);
  const auto before = loaded.values;
  for (int i = 0; i < 65; i += 3)  // edges between rows, which bicubic curves overshoot
    for (int k = 0; k < 48; ++k)
      stored[position_table][static_cast<std::size_t>(48 * i + k)] = -3.4e38f;
  ts::save_weights(stored, path);

  CHECK(says(failure([&] { ts::load_resized(loaded, path); }), "numbers that stay finite"));
  CHECK(loaded.values == before);
}

TEST_CASE("a file that does not fit otherwise is refused as by load_weights, and changes nothing") {
  const scratch_folder folder;
  const std::string path = (folder.path / "w.safetensors").string();
  auto loaded = weights_of<larger>(4);
  const auto before = loaded.values;
  const auto said = [&](const ts::position_resize& how = {}) {
    return failure([&] { ts::load_resized(loaded, path, how); });
  };

  SUBCASE("a tensor missing") {
    auto stored = weights_of<micro::vit>(3);
    for (ts::slice& s : stored.table)
      if (s.name == "norm.weight") s.name = "norm.weights";
    ts::save_weights(stored, path);

    CHECK(says(said(), "1 missing: norm.weight (nearest there: norm.weights)"));
  }
  SUBCASE("another width") {
    ts::save_weights(weights_of<wider>(3), path);

    CHECK(says(said(), "pos_embed expected [1, 145, 48], found [1, 145, 96]"));
  }
  SUBCASE("tokens of no grid") {
    ts::save_weights(weights_of<oblong>(3), path);

    CHECK(says(said(), path + ": pos_embed: expected 1 prefix tokens and a square grid"));
    CHECK(says(said(), "found 36 tokens"));
  }
  SUBCASE("a grid of the model that has not as many tokens") {
    ts::save_weights(weights_of<micro::vit>(3), path);

    CHECK(says(said({1, {}, {12, 11}}),
               "pos_embed of the model: expected 1 prefix tokens and 12 x 11 tokens, found 145 "
               "tokens"));
  }

  CHECK(loaded.values == before);
}

TEST_CASE("positions in double are resized in double") {
  const scratch_folder folder;
  const std::string path = (folder.path / "w.safetensors").string();
  const auto stored = weights_of<micro::vit, double>(3);
  auto loaded = weights_of<larger, double>(4);
  ts::save_weights(stored, path);

  ts::load_resized(loaded, path);

  CHECK(part(loaded, position_table) ==
        resized(part(stored, position_table), 48, {1, {}, {12, 12}}));
}
