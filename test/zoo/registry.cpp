#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "tessera/tessera.hpp"
#include "tessera/zoo/named.hpp"
#include "tessera/zoo/registry.hpp"

namespace ts = tessera;
namespace zoo = ts::zoo;

namespace {

template <int Heads, int Depth, class... Words>
using small = ts::vit<ts::image<16>, ts::patch<4>, ts::width<24>, ts::heads<Heads>,
                      ts::depth<Depth>, ts::classes<5>, Words...>;
struct other_name : small<3, 1> {};

using shallow = zoo::entry<"shallow", small<3, 1>>;
using deep = zoo::entry<"deep", small<3, 2>>;
using many_heads = zoo::entry<"many_heads", small<4, 1>>;
using other_eps = zoo::entry<"other_eps", small<3, 1, ts::norm_eps<1, -5>>>;
using alias = zoo::entry<"alias", other_name>;
using two = zoo::registry<shallow, deep>;

struct scratch_file {
  std::string path = "tessera_zoo_" + std::to_string(::getpid()) + ".safetensors";
  ~scratch_file() { std::remove(path.c_str()); }
};

template <class F>
std::string refusal(const F& f) {
  try {
    f();
  } catch (const ts::error& e) {
    return e.what();
  }
  return "";
}
// A file of these parameters, all zero, with this metadata; its tensors may be altered.
template <class A, class F>
void write(const std::string& path, const ts::safetensors_metadata& metadata, F alter) {
  const auto w = ts::make_weights<float>(ts::build_graph<A>(), 1);
  std::vector<ts::safetensors_entry> entries;
  for (const ts::slice& s : w.table)
    entries.push_back({s.name, ts::dtype::f32, {s.shape.begin(), s.shape.end()},
                       std::as_bytes(w[s.name])});
  alter(entries);
  ts::write_safetensors(path, entries, metadata);
}
template <class A>
void write(const std::string& path, const ts::safetensors_metadata& metadata = {}) {
  write<A>(path, metadata, [](auto&) {});
}
// The header of an architecture's file before a hole of its data's size: nothing of it is on disk.
template <class A>
void write_hole(const std::string& path) {
  std::string json = "{";
  long long at = 0;
  for (const ts::slice& s : ts::table_of(ts::build_graph<A>())) {
    json += (at == 0 ? "\"" : ", \"") + s.name + "\": {\"dtype\": \"F32\", \"shape\": " +
            ts::shape_text(s.shape) + ", \"data_offsets\": [" + std::to_string(at) + ", ";
    at += 4 * s.size;
    json += std::to_string(at) + "]}";
  }
  json += "}";
  const std::uint64_t length = json.size();
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  REQUIRE(file >= 0);
  CHECK(::write(file, &length, 8) == 8);
  CHECK(::write(file, json.data(), json.size()) == static_cast<ssize_t>(json.size()));
  CHECK(::ftruncate(file, static_cast<off_t>(8 + json.size()) + at) == 0);
  ::close(file);
}

}  // namespace

TEST_CASE("the list says name, parameters, MACs and input of each entry, in order") {
  const auto all = two::with<many_heads>::list();

  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "shallow");
  CHECK(all[1].name == "deep");
  CHECK(all[1].parameters == ts::parameters<small<3, 2>>);
  CHECK(all[1].macs == ts::macs<small<3, 2>>);
  CHECK(all[2].input.dims[1] == 16);
  CHECK(two::table().find("\ndeep") != std::string::npos);
  CHECK(two::table().find("3 x 16 x 16\n") != std::string::npos);
}

TEST_CASE("names of entries are compared whole") {
  using shallower = zoo::entry<"shallower", small<3, 1>>;
  CHECK(zoo::detail::names_differ<shallow, shallower, deep>());
  CHECK_FALSE(zoo::detail::names_differ<shallow, deep, zoo::entry<"shallow", small<4, 1>>>());
}

TEST_CASE("a model made by name is the model of that type and seed") {
  auto made = two::make<ts::reference>("deep", 7);
  ts::model<small<3, 2>, ts::reference> direct(7);
  std::vector<float> image(3 * 16 * 16, 0.25f), a(5), b(5);

  made.forward(image, a);
  direct.forward(image, b);

  CHECK(a == b);
}

TEST_CASE("a name that is not compiled in is refused with the nearest and all that are") {
  CHECK(refusal([] { two::make<ts::reference>("dep"); }) ==
        "zoo.make: expected one of shallow, deep, found \"dep\" (nearest: deep)");
  CHECK(refusal([] { two::make<ts::reference>("sh"); }).ends_with("(nearest: shallow)"));
  CHECK(refusal([] { two::make<ts::reference>(""); }).find("found \"\" (nearest: ") !=
        std::string::npos);
  CHECK(refusal([] { two::make<ts::reference>(std::string(100'000, '\n')); }).size() < 300);
}

TEST_CASE("what is saved through the door comes back through it, name and bits") {
  const scratch_file file;
  const auto net = two::make<ts::reference>("deep", 3);

  two::save("deep", net, file.path, {{"epoch", "12"}});
  const auto [picked, again] = two::load<ts::reference>(file.path);

  CHECK(two::pick(file.path).name == "deep");
  CHECK(picked.name == "deep");
  CHECK(picked.remark.empty());
  CHECK(again.parameters().values == net.parameters().values);
  const auto metadata = ts::safetensors_file::open(file.path).metadata();
  CHECK(metadata.at("architecture") == "deep");
  CHECK(metadata.at("epoch") == "12");
}

TEST_CASE("weights are not saved under the name of another architecture") {
  const scratch_file file;
  const auto net = two::make<ts::reference>("deep", 3);

  CHECK(refusal([&] { two::save("shallow", net, file.path); }) ==
        "zoo.save: " + file.path + ": expected the weights of shallow, found others");
  CHECK(refusal([&] { two::save("shalow", net, file.path); }).find("(nearest: shallow)") !=
        std::string::npos);
  CHECK(::access(file.path.c_str(), F_OK) != 0);
}

TEST_CASE("a file without metadata is picked by its tensors") {
  const scratch_file file;

  write<small<3, 2>>(file.path);
  const zoo::choice c = two::pick(file.path);

  CHECK(c.name == "deep");
  CHECK(c.same.empty());
  CHECK(c.remark.empty());
}

TEST_CASE("of entries of one function the first is picked and the others are named") {
  const scratch_file file;
  write<other_name>(file.path);

  const zoo::choice first = two::with<alias>::pick(file.path);

  CHECK(first.name == "shallow");
  CHECK(first.same == std::vector<std::string>{"alias"});
}

TEST_CASE("metadata decides among entries with these tensors, up to a dot") {
  const scratch_file file;
  using three = two::with<alias, many_heads>;

  SUBCASE("one of the same function") {
    write<small<3, 1>>(file.path, {{"architecture", "alias"}});
    const zoo::choice c = three::pick(file.path);
    CHECK(c.name == "alias");
    CHECK(c.same == std::vector<std::string>{"shallow"});
  }
  SUBCASE("one of another function") {
    write<small<3, 1>>(file.path, {{"architecture", "many_heads"}});
    const zoo::choice c = three::pick(file.path);
    CHECK(c.name == "many_heads");
    CHECK(c.same.empty());
  }
  SUBCASE("with timm's tag of the training") {
    write<small<3, 1>>(file.path, {{"architecture", "many_heads.augreg_in1k"}});
    CHECK(three::pick(file.path).name == "many_heads");
  }
}

TEST_CASE("tensors that several functions share are refused without metadata") {
  const scratch_file file;
  write<small<3, 1>>(file.path);

  const std::string heads = refusal([&] { two::with<many_heads>::pick(file.path); });
  const std::string eps = refusal([&] { two::with<other_eps>::pick(file.path); });

  CHECK(heads ==
        "zoo.pick: " + file.path +
            ": expected tensors of one function, or metadata \"architecture\" that names one "
            "(zoo.save writes it), found tensors of shallow, many_heads, which compute different functions");
  CHECK(eps.ends_with("found tensors of shallow, other_eps, which compute different functions"));
}

TEST_CASE("metadata that cannot decide is said, and the tensors decide") {
  const scratch_file file;

  write<small<3, 2>>(file.path, {{"architecture", "shallow"}});
  CHECK(two::pick(file.path).name == "deep");
  CHECK(two::pick(file.path).remark == "its metadata says shallow, whose tensors these are not");
  write<small<3, 2>>(file.path, {{"architecture", "unheard.of"}});
  CHECK(two::pick(file.path).name == "deep");
  CHECK(two::pick(file.path).remark == "its metadata says unheard.of, which is not compiled in");
}

TEST_CASE("a file of no entry is refused with what keeps it from the nearest") {
  const scratch_file file;
  write<small<3, 2>>(file.path, {}, [](auto& entries) {
    for (auto& e : entries) {
      if (e.name == "norm.weight") e.name = "norm.gain";
      if (e.name == "head.weight") std::swap(e.shape[0], e.shape[1]);
    }
  });

  const std::string said = refusal([&] { two::pick(file.path); });

  CHECK(said == "zoo.pick: " + file.path +
                    ": expected the tensors of one of shallow, deep, found none of them; nearest: "
                    "deep, 1 missing: norm.weight | 1 unexpected: norm.gain | 1 mis-shaped: head.weight "
                    "expected [5, 24], found [24, 5]");
  CHECK(refusal([&] { two::load<ts::reference>(file.path); }) == said);
}

TEST_CASE("of many tensors that do not fit a few are named, and the rest counted") {
  const scratch_file file;
  write<small<3, 1>>(file.path, {}, [](auto& entries) {
    for (auto& e : entries) e.name = "model.\n" + e.name;
  });

  const std::string said = refusal([&] { two::pick(file.path); });

  CHECK(said.find("nearest: shallow, 20 missing: ") != std::string::npos);
  CHECK(said.find("; and 15 more | 20 unexpected: model.?blocks.0.") != std::string::npos);
}

TEST_CASE("picking reads no number: a file of NaN is picked and not loaded") {
  const scratch_file file;
  auto w = ts::make_weights<float>(ts::build_graph<small<3, 1>>(), 1);
  w["norm.weight"][0] = std::numeric_limits<float>::quiet_NaN();
  ts::save_weights(w, file.path);

  CHECK(two::pick(file.path).name == "shallow");
  CHECK_THROWS_AS(two::load<ts::reference>(file.path), ts::error);
}

TEST_CASE("an architecture that cannot be built is refused by name when a file is picked") {
  const scratch_file file;
  using odd = zoo::entry<"odd", small<5, 1>>;  // 5 heads of 24 channels
  write<small<3, 1>>(file.path);

  CHECK(refusal([&] { zoo::registry<shallow, odd>::pick(file.path); }).ends_with(" in odd"));
}

TEST_CASE("what is no safetensors file is refused by the reader") {
  CHECK(refusal([] { two::pick("no/such/file.safetensors"); })
            .starts_with("safetensors.open: no/such/file.safetensors: expected a readable file"));
  const scratch_file file;
  std::fclose(std::fopen(file.path.c_str(), "wb"));
  CHECK(refusal([&] { two::pick(file.path); }).ends_with(
      "expected 8 bytes of header length, found 0 bytes"));
}

TEST_CASE("the named vision transformers are picked out of their files' headers") {
  const scratch_file file;

  write_hole<zoo::vit_base_patch16_224>(file.path);
  const zoo::choice base = zoo::vits::pick(file.path);
  CHECK(base.name == "vit_base_patch16_224");
  CHECK(base.same == std::vector<std::string>{"deit_base_patch16_224"});

  write_hole<zoo::deit_base_distilled_patch16_224>(file.path);
  CHECK(zoo::vits::pick(file.path).name == "deit_base_distilled_patch16_224");
  write_hole<zoo::vit_huge_patch14_224>(file.path);
  CHECK(zoo::vits::pick(file.path).name == "vit_huge_patch14_224");
}
