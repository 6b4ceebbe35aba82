#include "tessera/io/safetensors.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/scratch_folder.hpp"

using namespace tessera;
using fault = safetensors_fault;

namespace {

using bytes = std::vector<std::byte>;

// A file of this header and `data` bytes of data (0, 1, 2, ...). `length` instead of the true one.
bytes file_of(const std::string& header, std::size_t data,
              std::optional<std::uint64_t> length = std::nullopt) {
  bytes out(8 + header.size() + data);
  const std::uint64_t n = length.value_or(header.size());
  std::memcpy(out.data(), &n, 8);
  if (!header.empty()) std::memcpy(out.data() + 8, header.data(), header.size());
  for (std::size_t i = 0; i < data; ++i) out[8 + header.size() + i] = static_cast<std::byte>(i);
  return out;
}

// The reason for which the reader refuses; nothing when it reads the file.
std::optional<fault> refusal(const bytes& file) {
  // A copy of exactly this size on the heap, so that a sanitizer sees one byte too far.
  const bytes exact(file.begin(), file.end());
  try {
    safetensors_file::from_memory(exact);
  } catch (const safetensors_error& e) {
    return e.fault();
  }
  return std::nullopt;
}

std::optional<fault> refusal(const std::string& header, std::size_t data) {
  return refusal(file_of(header, data));
}

std::string tensor(const std::string& name, const std::string& type, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape +
         "],\"data_offsets\":[" + offsets + "]}";
}

template <class T>
std::span<const std::byte> raw(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

bytes contents(const std::filesystem::path& path) {
  bytes out(std::filesystem::file_size(path));
  std::FILE* f = std::fopen(path.c_str(), "rb");
  REQUIRE(f != nullptr);
  const std::size_t n = std::fread(out.data(), 1, out.size(), f);
  std::fclose(f);
  REQUIRE(n == out.size());
  return out;
}

void store(const std::filesystem::path& path, const bytes& data) {
  std::FILE* f = std::fopen(path.c_str(), "wb");
  REQUIRE(f != nullptr);
  CHECK(std::fwrite(data.data(), 1, data.size(), f) == data.size());
  std::fclose(f);
}

bytes small_file() {
  const std::vector<float> weight{1, 2, 3, 4, 5, 6};
  const std::vector<std::uint8_t> mask{1, 0, 1};
  const safetensors_entry tensors[] = {{"head.weight", dtype::f32, {2, 3}, raw(weight)},
                                       {"mask", dtype::boolean, {3}, raw(mask)}};
  return to_safetensors(tensors, {{"format", "pt"}});
}

}  // namespace

TEST_CASE("a header of one tensor gives its name, type, shape, bytes and metadata") {
  const bytes file = file_of(
      "{\"__metadata__\":{\"format\":\"pt\"}," + tensor("blocks.0.w", "I16", "2,3", "0,12") + "}",
      12);

  const auto read = safetensors_file::from_memory(file);

  REQUIRE(read.tensors().size() == 1);
  const auto& t = read.tensors().front();
  CHECK(t.name == "blocks.0.w");
  CHECK(t.type == dtype::i16);
  CHECK(t.shape == std::vector<std::int64_t>{2, 3});
  REQUIRE(t.bytes.size() == 12);
  CHECK(t.bytes.data() == file.data() + file.size() - 12);
  CHECK(read.metadata() == safetensors_metadata{{"format", "pt"}});
}

TEST_CASE("tensors are found by name whatever their order in the header and in the data") {
  const bytes file =
      file_of("{" + tensor("c", "U8", "1", "2,3") + "," + tensor("a", "U8", "1", "1,2") + "," +
                  tensor("b", "U8", "", "0,1") + "}",
              3);

  const auto read = safetensors_file::from_memory(file);

  REQUIRE(read.tensors().size() == 3);
  for (const auto& [name, value] : {std::pair{"a", 1}, {"b", 0}, {"c", 2}}) {
    REQUIRE(read.find(name) != nullptr);
    CHECK(read.find(name)->bytes[0] == static_cast<std::byte>(value));
  }
  CHECK(read.find("d") == nullptr);
  CHECK(read.find("") == nullptr);
}

TEST_CASE("a file without tensors and a header padded with spaces are read") {
  CHECK(refusal("{}", 0) == std::nullopt);
  CHECK(refusal("{\"__metadata__\":{}}     ", 0) == std::nullopt);
  CHECK(refusal("{" + tensor("a", "U8", "2", "0,2") + "}       ", 2) == std::nullopt);
}

TEST_CASE("a file shorter than the length field is truncated") {
  for (std::size_t n = 0; n < 8; ++n) CHECK(refusal(bytes(n)) == fault::truncated);
}

TEST_CASE("a header length beyond the end of the file is truncated, also by one byte") {
  CHECK(refusal(file_of("{}", 0, 3)) == fault::truncated);
  CHECK(refusal(file_of("{}", 0, 99'999'999)) == fault::truncated);
}

TEST_CASE("a header length that would wrap, or over 100 MB, is too long") {
  for (const std::uint64_t n : {std::uint64_t{100'000'001}, std::uint64_t{1} << 63, UINT64_MAX,
                                UINT64_MAX - 7, UINT64_MAX - 8})
    CHECK(refusal(file_of("{}", 0, n)) == fault::header_too_long);
}

TEST_CASE("offsets that would wrap or lie beyond the file are out of range") {
  CHECK(refusal("{" + tensor("a", "U8", "4", "0,4") + "}", 3) == fault::out_of_range);
  CHECK(refusal("{" + tensor("a", "U8", "4", "18446744073709551611,18446744073709551615") + "}",
                4) == fault::out_of_range);
}

TEST_CASE("a product of the shape that overflows to zero or to something small is refused") {
  CHECK(refusal("{" + tensor("a", "F32", "4294967296,4294967296", "0,0") + "}", 0) == fault::shape);
  CHECK(refusal("{" + tensor("a", "F32", "4611686018427387905", "0,4") + "}", 4) == fault::shape);
  CHECK(refusal("{" + tensor("a", "U8", "4294967297,4294967297,4294967297", "0,1") + "}", 1) ==
        fault::shape);
  CHECK(refusal("{" + tensor("a", "U8", "9223372036854775808", "0,1") + "}", 1) == fault::shape);
}

TEST_CASE("a dimension of zero is refused, also beside dimensions that overflow") {
  CHECK(refusal("{" + tensor("a", "F32", "0", "0,0") + "}", 0) == fault::shape);
  CHECK(refusal("{" + tensor("a", "F32", "4294967296,4294967296,0", "0,0") + "}", 0) ==
        fault::shape);
}

TEST_CASE("a rank over 64 is refused") {
  std::string shape = "1";
  for (int i = 1; i < 64; ++i) shape += ",1";

  CHECK(refusal("{" + tensor("a", "U8", shape, "0,1") + "}", 1) == std::nullopt);
  CHECK(refusal("{" + tensor("a", "U8", shape + ",1", "0,1") + "}", 1) == fault::shape);
}

TEST_CASE("tensors that overlap are refused") {
  CHECK(refusal("{" + tensor("a", "U8", "4", "0,4") + "," + tensor("b", "U8", "4", "2,6") + "}",
                6) == fault::overlap);
  CHECK(refusal("{" + tensor("a", "U8", "4", "0,4") + "," + tensor("b", "U8", "4", "0,4") + "}",
                4) == fault::overlap);
}

TEST_CASE("a hole before or between tensors is refused") {
  CHECK(refusal("{" + tensor("a", "U8", "4", "1,5") + "}", 5) == fault::hole);
  CHECK(refusal("{" + tensor("a", "U8", "4", "0,4") + "," + tensor("b", "U8", "1", "5,6") + "}",
                6) == fault::hole);
}

TEST_CASE("offsets that run backwards are refused") {
  CHECK(refusal("{" + tensor("a", "U8", "4", "4,0") + "}", 4) == fault::backwards);
}

TEST_CASE("offsets that do not match shape times element size are refused") {
  CHECK(refusal("{" + tensor("a", "F32", "2", "0,4") + "}", 4) == fault::size);
  CHECK(refusal("{" + tensor("a", "U8", "3", "0,4") + "}", 4) == fault::size);
  CHECK(refusal("{" + tensor("a", "U8", "", "0,0") + "}", 0) == fault::size);
}

TEST_CASE("bytes after the last tensor are refused, also without tensors") {
  CHECK(refusal("{" + tensor("a", "U8", "4", "0,4") + "}", 5) == fault::trailing);
  CHECK(refusal("{}", 1) == fault::trailing);
}

TEST_CASE("a key that stands twice is refused: tensor, field, metadata and its keys") {
  const std::string a = tensor("a", "U8", "1", "0,1");
  CHECK(refusal("{" + a + "," + tensor("a", "U8", "1", "1,2") + "}", 2) == fault::duplicate);
  CHECK(refusal("{" + a + "," + a + "}", 1) == fault::duplicate);
  CHECK(refusal("{" + a + "," + tensor("\\u0061", "U8", "1", "1,2") + "}", 2) == fault::duplicate);
  CHECK(refusal(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1) ==
        fault::duplicate);
  CHECK(refusal(R"({"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}})", 1) ==
        fault::duplicate);
  CHECK(refusal(R"({"a":{"shape":[1],"data_offsets":[0,1],"dtype":"U8","data_offsets":[0,1]}})",
                1) == fault::duplicate);
  CHECK(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0) == fault::duplicate);
  CHECK(refusal(R"({"__metadata__":{"k":"1","k":"1"}})", 0) == fault::duplicate);
}

TEST_CASE("JSON deeper than a tensor's lists is refused at once, however deep it goes") {
  CHECK(refusal("{\"a\":" + std::string(1'000'000, '['), 0) == fault::structure);
  CHECK(refusal(R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", 1) ==
        fault::structure);
  CHECK(refusal(R"({"a":{"dtype":{},"shape":[1],"data_offsets":[0,1]}})", 1) == fault::structure);
  CHECK(refusal(R"({"__metadata__":{"k":{}}})", 0) == fault::structure);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(refusal(objects, 0) == fault::structure);
}

TEST_CASE("texts, numbers and blanks that go on for megabytes are read or refused like short ones") {
  const std::string giant(5'000'000, '1');
  CHECK(refusal("{\"" + giant, 0) == fault::json);
  CHECK(refusal("{" + tensor("a", "U8", giant, "0,1") + "}", 1) == fault::number);
  CHECK(refusal("{\"__metadata__\":{\"k\":\"" + giant + "\"}}", 0) == std::nullopt);
  CHECK(refusal("{}" + std::string(5'000'000, ' '), 0) == std::nullopt);
}

TEST_CASE("types that are unknown or below one byte are refused") {
  for (const char* type : {"F4", "F6_E2M3", "I4", "U1", "C64", "float32", "f32", "", "F32 "})
    CHECK(refusal("{" + tensor("a", type, "8", "0,4") + "}", 4) == fault::dtype);
}

TEST_CASE("numbers that are not integers of 64 bits are refused") {
  for (const char* n : {"1.0", "1e0", "1e400", "-1", "-0", "1.5", "18446744073709551616"}) {
    CHECK(refusal("{" + tensor("a", "U8", n, "0,1") + "}", 1) == fault::number);
    CHECK(refusal("{" + tensor("a", "U8", "1", std::string("0,") + n) + "}", 1) == fault::number);
  }
}

TEST_CASE("text that is no UTF-8 is refused as JSON, as value, key and escape") {
  for (const char* text : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
                           "\\ud800", "\\u12", "\\x41", "\x01", "\n"}) {
    CHECK(refusal("{" + tensor(text, "U8", "1", "0,1") + "}", 1) == fault::json);
    CHECK(refusal(std::string("{\"__metadata__\":{\"k\":\"") + text + "\"}}", 0) == fault::json);
  }
}

TEST_CASE("a header that is not one JSON object and nothing else is refused as JSON") {
  const std::string a = tensor("a", "U8", "1", "0,1");
  for (const std::string& header :
       {std::string(), std::string("null"), std::string("[]"), " {" + a + "}",
        "\xef\xbb\xbf{" + a + "}", "{" + a, "{" + a + ",}", "{" + a + "}}", "{" + a + "}x",
        "{" + a + "}/**/", "{" + a + "}" + std::string(3, '\0'),
        "{" + a + "}" + std::string(1, '\0') + "{}", std::string("{'a':1}"), std::string("{"),
        std::string("{\"a"), std::string("{nan:1}")})
    CHECK(refusal(header, 1) == fault::json);
}

TEST_CASE("JSON of another form is refused: fields missing, unknown, of another type or count") {
  for (const char* header : {R"({"a":1})",
                             R"({"a":null})",
                             R"({"a":true})",
                             R"({"a":"x"})",
                             R"({"a":[]})",
                             R"({"a":{}})",
                             R"({"a":{"dtype":"U8","shape":[1]}})",
                             R"({"a":{"dtype":"U8","data_offsets":[0,1]}})",
                             R"({"a":{"shape":[1],"data_offsets":[0,1]}})",
                             R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"extra":1}})",
                             R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}})",
                             R"({"a":{"dtype":["U8"],"shape":[1],"data_offsets":[0,1]}})",
                             R"({"a":{"dtype":"U8","shape":"1","data_offsets":[0,1]}})",
                             R"({"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}})",
                             R"({"a":{"dtype":"U8","shape":[null],"data_offsets":[0,1]}})",
                             R"({"a":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}})",
                             R"({"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}})",
                             R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[]}})",
                             R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})",
                             R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}})",
                             R"({"a":{"dtype":"U8","shape":[1],"data_offsets":{"0":1}}})",
                             R"({"__metadata__":null})",
                             R"({"__metadata__":{"k":1}})",
                             R"({"__metadata__":["k"]})"})
    CHECK(refusal(header, 1) == fault::structure);
}

TEST_CASE("an error names the operation, the tensor and what was found") {
  const bytes file = file_of("{" + tensor("head.weight", "F32", "2,2", "0,12") + "}", 12);

  try {
    safetensors_file::from_memory(file);
    FAIL("read");
  } catch (const error& e) {
    CHECK(std::string(e.what()) ==
          "safetensors.from_memory: head.weight: expected 16 bytes of shape and dtype, found 12");
  }
}

TEST_CASE("a name from a hostile file cannot fill a message or draw on the terminal") {
  const std::string name = "\\u001b[2J" + std::string(100'000, 'n');

  try {
    safetensors_file::from_memory(file_of("{" + tensor(name, "F32", "1", "0,1") + "}", 1));
    FAIL("read");
  } catch (const error& e) {
    CHECK(std::strlen(e.what()) < 300);
    CHECK(std::strchr(e.what(), '\x1b') == nullptr);
  }
}

TEST_CASE("a valid file cut at any byte is refused, in memory and on the disk") {
  const scratch_folder folder;
  const bytes whole = small_file();
  REQUIRE(refusal(whole) == std::nullopt);

  for (std::size_t n = 0; n < whole.size(); ++n) {
    const bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    CHECK(refusal(cut).has_value());
    store(folder.path / "cut", cut);
    CHECK_THROWS_AS(safetensors_file::open(folder.path / "cut"), safetensors_error);
  }
}

TEST_CASE("twenty thousand damaged files are read or refused, and what is read is consistent") {
  const bytes whole = small_file();
  std::mt19937_64 random(20'240'607);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::size_t refused = 0, read = 0;

  for (int trial = 0; trial < 20'000; ++trial) {
    bytes file = whole;
    for (std::size_t edits = 1 + below(4); edits > 0 && !file.empty(); --edits) {
      const std::size_t at = below(file.size());
      const auto place = file.begin() + static_cast<std::ptrdiff_t>(at);
      switch (below(5)) {
        case 0:
          file[at] ^= static_cast<std::byte>(1u << below(8));
          break;
        case 1:
          file[at] = static_cast<std::byte>(below(256));
          break;
        case 2:
          file[at] = static_cast<std::byte>("0123456789{}[]\",:-.e\\"[below(21)]);
          break;
        case 3:
          file.erase(place);
          break;
        default:
          file.insert(place, static_cast<std::byte>('0' + below(10)));
      }
    }
    const bytes exact(file.begin(), file.end());
    try {
      const auto result = safetensors_file::from_memory(exact);
      std::size_t covered = 0;
      for (const auto& t : result.tensors()) {
        REQUIRE(t.bytes.data() >= exact.data());
        REQUIRE(t.bytes.data() + t.bytes.size() <= exact.data() + exact.size());
        covered += t.bytes.size();
      }
      REQUIRE(covered <= exact.size());
      ++read;
    } catch (const safetensors_error&) {
      ++refused;
    }
  }

  CHECK(read > 500);  // both ends are met: damage to the data alone is no fault
  CHECK(refused > 1'000);
}

TEST_CASE("what is written is read back: names, types, shapes, bytes and metadata") {
  const scratch_folder folder;
  const auto path = folder.path / "model.safetensors";
  std::vector<std::vector<std::uint8_t>> data;
  std::vector<safetensors_entry> tensors;
  for (std::size_t i = 0; i < 15; ++i) {
    const auto type = static_cast<dtype>(i);
    data.emplace_back(6 * dtype_width(type));
    for (std::size_t b = 0; b < data.back().size(); ++b)
      data.back()[b] = static_cast<std::uint8_t>(16 * i + b);
  }
  for (std::size_t i = 0; i < 15; ++i) {
    const auto type = static_cast<dtype>(i);
    tensors.push_back({"t." + std::string(dtype_name(type)), type, {2, 1, 3}, raw(data[i])});
  }
  const std::vector<float> one{42};
  const std::string odd("quote\" back\\slash tab\t nul\0 \xe2\x82\xac \xf0\x9f\x98\x80", 37);
  tensors.push_back({odd, dtype::f32, {}, raw(one)});
  const safetensors_metadata metadata{{"format", "pt"}, {odd, odd}, {"", ""}};

  write_safetensors(path, tensors, metadata);
  const auto read = safetensors_file::open(path);

  CHECK(read.metadata() == metadata);
  REQUIRE(read.tensors().size() == tensors.size());
  for (const auto& t : tensors) {
    const auto* r = read.find(t.name);
    REQUIRE(r != nullptr);
    CHECK(r->type == t.type);
    CHECK(r->shape == t.shape);
    CHECK(bytes(r->bytes.begin(), r->bytes.end()) == bytes(t.bytes.begin(), t.bytes.end()));
    CHECK(reinterpret_cast<std::uintptr_t>(r->bytes.data()) % dtype_width(t.type) == 0);
  }
  CHECK(contents(path) == to_safetensors(tensors, metadata));
}

TEST_CASE("the order in which tensors are handed over does not change the file") {
  const std::vector<float> f{1, 2};
  const std::vector<double> d{3};
  const safetensors_entry a{"a", dtype::f32, {2}, raw(f)}, b{"b", dtype::f32, {1, 2}, raw(f)},
      c{"c", dtype::f64, {1}, raw(d)};
  const std::vector<safetensors_entry> one{a, b, c}, other{c, b, a};

  const bytes file = to_safetensors(one);

  CHECK(file == to_safetensors(other));
  std::uint64_t header = 0;
  std::memcpy(&header, file.data(), 8);
  CHECK(header % 8 == 0);
  const std::string expected = "{" + tensor("c", "F64", "1", "0,8") + "," +
                               tensor("a", "F32", "2", "8,16") + "," +
                               tensor("b", "F32", "1,2", "16,24") + "}";
  const std::string text(reinterpret_cast<const char*>(file.data()) + 8, header);
  CHECK(text.substr(0, expected.size()) == expected);
  CHECK(text.find_first_not_of(' ', expected.size()) == std::string::npos);
}

TEST_CASE("an opened file survives its replacement, and a copy outlives the original") {
  const scratch_folder folder;
  const auto path = folder.path / "model.safetensors";
  const std::vector<float> before{1, 2}, after{3, 4};
  const safetensors_entry old{"w", dtype::f32, {2}, raw(before)},
      next{"w", dtype::f32, {2}, raw(after)};
  write_safetensors(path, {&old, 1});

  auto original = std::optional(safetensors_file::open(path));
  const safetensors_file copy = *original;
  original.reset();
  write_safetensors(path, {&next, 1});

  std::vector<float> values(2);
  read_floats(*copy.find("w"), values);
  CHECK(values == before);
  read_floats(*safetensors_file::open(path).find("w"), values);
  CHECK(values == after);
}

TEST_CASE("floats of every width are read as float and as double, aligned or not") {
  constexpr double third = 1.0 / 3;
  const std::vector<float> f{1.5f, -2, std::numeric_limits<float>::infinity()};
  const std::vector<double> d{1.5, third, -0.0};
  const std::vector<std::uint16_t> half{0x3e00, 0xc000, 0x0001}, brain{0x3fc0, 0xc000, 0x7f80};
  const safetensors_entry entries[] = {{"f", dtype::f32, {3}, raw(f)},
                                       {"d", dtype::f64, {3}, raw(d)},
                                       {"h", dtype::f16, {3}, raw(half)},
                                       {"b", dtype::bf16, {3}, raw(brain)}};
  const double expected[4][3] = {{1.5, -2, std::numeric_limits<double>::infinity()},
                                 {1.5, third, -0.0},
                                 {1.5, -2, 0x1p-24},
                                 {1.5, -2, std::numeric_limits<double>::infinity()}};

  for (const std::size_t shift : {std::size_t{0}, std::size_t{1}}) {
    for (std::size_t e = 0; e < 4; ++e) {
      bytes moved(shift);
      moved.insert(moved.end(), entries[e].bytes.begin(), entries[e].bytes.end());
      safetensors_entry entry = entries[e];
      entry.bytes = std::span(moved).subspan(shift);
      std::array<float, 3> single{};
      std::array<double, 3> twice{};

      read_floats(entry, single);
      read_floats(entry, twice);

      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(single[i] == static_cast<float>(expected[e][i]));
        CHECK(twice[i] == expected[e][i]);
      }
    }
  }
}

TEST_CASE("reading floats refuses integer types and outputs of another size") {
  const std::vector<float> f{1, 2};
  std::array<float, 3> out{7, 7, 7};
  const auto refused = [&](dtype type, std::size_t n) {
    try {
      read_floats(safetensors_entry{"w", type, {2}, raw(f)}, std::span(out).first(n));
    } catch (const safetensors_error& e) {
      return e.fault() == fault::conversion;
    }
    return false;
  };

  CHECK(refused(dtype::i32, 2));
  CHECK(refused(dtype::u8, 2));
  CHECK(refused(dtype::f8_e4m3, 2));
  CHECK(refused(dtype::f32, 1));
  CHECK(refused(dtype::f32, 3));
  CHECK(refused(dtype::f64, 2));
  CHECK_FALSE(refused(dtype::f32, 2));
  CHECK(out[2] == 7);
}

TEST_CASE("the writer refuses what the reader would refuse, and leaves the old file alone") {
  const scratch_folder folder;
  const auto path = folder.path / "model.safetensors";
  const std::vector<float> f{1, 2};
  const safetensors_entry good{"w", dtype::f32, {2}, raw(f)};
  write_safetensors(path, {&good, 1});
  const bytes before = contents(path);
  const auto refused = [&](std::vector<safetensors_entry> tensors,
                           const safetensors_metadata& metadata = {}) -> std::optional<fault> {
    try {
      write_safetensors(path, tensors, metadata);
    } catch (const safetensors_error& e) {
      return e.fault();
    }
    return std::nullopt;
  };

  CHECK(refused({good, good}) == fault::duplicate);
  CHECK(refused({{"w", dtype::f32, {3}, raw(f)}}) == fault::size);
  CHECK(refused({{"w", dtype::f32, {-2}, raw(f)}}) == fault::number);
  CHECK(refused({{"w", dtype::f32, {0}, {}}}) == fault::shape);
  CHECK(refused({{"\xff", dtype::f32, {2}, raw(f)}}) == fault::json);
  CHECK(refused({{"__metadata__", dtype::f32, {2}, raw(f)}}) == fault::structure);
  CHECK(refused({good}, {{"k", "\xff"}}) == fault::json);
  CHECK(refused({good}, {{"k", std::string(100'000'000, 'x')}}) == fault::header_too_long);

  CHECK(contents(path) == before);
  CHECK(folder.files() == 1);
}

TEST_CASE("a save that fails at any byte leaves the old file and no other") {
  const scratch_folder folder;
  const auto path = folder.path / "model.safetensors";
  const std::vector<float> old_values{1, 2}, new_values(64, 3.0f);
  const safetensors_entry old{"w", dtype::f32, {2}, raw(old_values)};
  const safetensors_entry next{"w", dtype::f32, {64}, raw(new_values)};
  write_safetensors(path, {&old, 1});
  const bytes before = contents(path), after = to_safetensors({&next, 1});
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual) == 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);  // then write() reports EFBIG

  std::vector<std::optional<fault>> faults;
  bool kept = true;
  for (std::size_t room = 0; room < after.size(); ++room) {
    rlimit limit = usual;
    limit.rlim_cur = room;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::optional<fault> found;
    try {
      write_safetensors(path, {&next, 1});
    } catch (const safetensors_error& e) {
      found = e.fault();
    }
    ::setrlimit(RLIMIT_FSIZE, &usual);
    faults.push_back(found);
    kept = kept && contents(path) == before && folder.files() == 1;
  }
  ::signal(SIGXFSZ, handler);

  CHECK(faults == std::vector<std::optional<fault>>(after.size(), fault::io));
  CHECK(kept);
  write_safetensors(path, {&next, 1});
  CHECK(contents(path) == after);
}

TEST_CASE("a save into a folder that is missing, read-only or no folder is an io error") {
  const scratch_folder folder;
  const std::vector<float> f{1, 2};
  const safetensors_entry good{"w", dtype::f32, {2}, raw(f)};
  const auto path = folder.path / "model.safetensors";
  write_safetensors(path, {&good, 1});
  const bytes before = contents(path);
  const auto refused = [&](const std::filesystem::path& p) {
    try {
      write_safetensors(p, {&good, 1});
    } catch (const safetensors_error& e) {
      return e.fault() == fault::io && std::string(e.what()).find(p.string()) != std::string::npos;
    }
    return false;
  };
  std::filesystem::create_directory(folder.path / "occupied");

  CHECK(refused(folder.path / "missing" / "model.safetensors"));
  CHECK(refused(path / "model.safetensors"));
  CHECK(refused(folder.path / "occupied"));
  CHECK(refused(folder.path / std::string(300, 'n')));
  if (::geteuid() != 0) {  // root may write anywhere
    ::chmod(folder.path.c_str(), 0555);
    CHECK(refused(path));
    ::chmod(folder.path.c_str(), 0755);
  }

  CHECK(contents(path) == before);
  CHECK(folder.files() == 2);
}

TEST_CASE("a save keeps the permissions of the file that it replaces") {
  const scratch_folder folder;
  const auto path = folder.path / "model.safetensors";
  const std::vector<float> f{1, 2};
  const safetensors_entry good{"w", dtype::f32, {2}, raw(f)};
  write_safetensors(path, {&good, 1});
  REQUIRE(::chmod(path.c_str(), 0640) == 0);

  write_safetensors(path, {&good, 1});

  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("opening what is not a readable regular file is an io error and does not wait") {
  const scratch_folder folder;
  const auto refused = [](const std::filesystem::path& p) {
    try {
      safetensors_file::open(p);
    } catch (const safetensors_error& e) {
      return e.fault() == fault::io;
    }
    return false;
  };
  REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);

  CHECK(refused(folder.path / "missing"));
  CHECK(refused(folder.path));
  CHECK(refused(folder.path / "pipe"));
  CHECK(refused("/dev/zero"));
}
