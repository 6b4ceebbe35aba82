#include <doctest/doctest.h>

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/arch/counts.hpp"
#include "tessera/model/checkpoint.hpp"

namespace ts = tessera;

namespace {

struct scratch_file {
  std::string path = "tessera_checkpoint_" + std::to_string(::getpid()) + ".safetensors";
  ~scratch_file() { std::remove(path.c_str()); }
};

// A tensor of a file as it may be altered before it is written.
struct stored {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};
std::vector<stored> tensors_of(const ts::weights<float>& w) {
  std::vector<stored> all;
  for (const ts::slice& s : w.table) {
    const auto x = w[s.name];
    all.push_back({s.name, {s.shape.begin(), s.shape.end()}, {x.begin(), x.end()}});
  }
  return all;
}
void write(const std::string& path, const std::vector<stored>& tensors) {
  std::vector<ts::safetensors_entry> entries;
  for (const stored& t : tensors)
    entries.push_back({t.name, ts::dtype::f32, t.shape, std::as_bytes(std::span(t.values))});
  ts::write_safetensors(path, entries, {});
}
ts::weights<float> some_weights(std::uint64_t seed) {
  return ts::make_weights<float>(ts::build_graph<micro::vit>(), seed);
}
std::string failure(ts::weights<float>& w, const std::string& path) {
  try {
    ts::load_weights(w, path);
  } catch (const ts::error& e) {
    return e.what();
  }
  return "";
}
bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("weights that are saved and loaded are the same bits") {
  const scratch_file file;
  const auto saved = some_weights(3);
  auto loaded = some_weights(4);

  ts::save_weights(saved, file.path);
  ts::load_weights(loaded, file.path);

  CHECK(loaded.values == saved.values);
}

TEST_CASE("the order of tensors in a file does not matter") {
  const scratch_file file;
  const auto saved = some_weights(3);
  auto loaded = some_weights(4);
  auto tensors = tensors_of(saved);
  std::reverse(tensors.begin(), tensors.end());
  std::swap(tensors[3], tensors[17]);

  write(file.path, tensors);
  ts::load_weights(loaded, file.path);

  CHECK(loaded.values == saved.values);
}

TEST_CASE("a failed load names every tensor that does not fit and changes nothing") {
  const scratch_file file;
  auto tensors = tensors_of(some_weights(3));
  auto loaded = some_weights(4);
  const auto before = loaded.values;

  SUBCASE("misspelt: missing, unexpected, and the nearest name") {
    for (stored& t : tensors)
      if (t.name == "blocks.1.attn.qkv.weight") t.name = "blocks.1.attn.qkv.weights";
    write(file.path, tensors);
    const std::string said = failure(loaded, file.path);

    CHECK(says(said, file.path));
    CHECK(says(said,
               "1 missing: blocks.1.attn.qkv.weight (nearest there: "
               "blocks.1.attn.qkv.weights)"));
    CHECK(says(said, "1 unexpected: blocks.1.attn.qkv.weights"));
  }
  SUBCASE("mis-shaped, though as many elements") {
    for (stored& t : tensors)
      if (t.name == "blocks.0.mlp.fc1.weight") std::swap(t.shape[0], t.shape[1]);
    write(file.path, tensors);

    CHECK(says(failure(loaded, file.path),
               "1 mis-shaped: blocks.0.mlp.fc1.weight expected [192, 48], found [48, 192]"));
  }
  SUBCASE("all three at once") {
    tensors[2].shape.insert(tensors[2].shape.begin(), 1);
    tensors[9].name = "something.else";
    write(file.path, tensors);
    const std::string said = failure(loaded, file.path);

    CHECK(says(said, "1 mis-shaped: "));
    CHECK(says(said, "1 missing: "));
    CHECK(says(said, "1 unexpected: something.else"));
  }
  SUBCASE("many: the first five and how many more") {
    tensors.resize(10);
    write(file.path, tensors);

    CHECK(says(failure(loaded, file.path), "22 missing: "));
    CHECK(says(failure(loaded, file.path), "and 17 more"));
  }
  SUBCASE("numbers of another kind") {
    std::vector<ts::safetensors_entry> entries;
    for (const stored& t : tensors)
      entries.push_back({t.name, t.name == "head.bias" ? ts::dtype::i32 : ts::dtype::f32, t.shape,
                         std::as_bytes(std::span(t.values))});
    ts::write_safetensors(file.path, entries, {});

    CHECK(says(failure(loaded, file.path), "head.bias"));
  }
  SUBCASE("no file") { CHECK(says(failure(loaded, file.path), file.path)); }

  CHECK(loaded.values == before);
}

TEST_CASE("a file with a number that is not finite is refused and changes nothing") {
  ts::weights<float> w = ts::make_weights<float>(ts::build_graph<micro::vit>(), 1);
  ts::weights<float> broken = w;
  broken["norm.weight"][3] = std::numeric_limits<float>::quiet_NaN();
  const std::string path = "not_finite." + std::to_string(::getpid()) + ".safetensors";
  ts::save_weights(broken, path);
  const auto before = w.values;

  CHECK_THROWS_AS(ts::load_weights(w, path), ts::error);
  std::remove(path.c_str());

  CHECK(w.values == before);
}
