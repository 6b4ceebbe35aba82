#include "tessera/data/cifar10.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string>
#include <system_error>
#include <vector>

using namespace tessera;
namespace fs = std::filesystem;

namespace {

struct scratch_folder {
  fs::path path;
  scratch_folder() {
    std::string name = (fs::temp_directory_path() / "tessera-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  void store(const char* name, const std::vector<std::uint8_t>& data) const {
    std::FILE* f = std::fopen((path / name).c_str(), "wb");
    REQUIRE(f != nullptr);
    CHECK(std::fwrite(data.data(), 1, data.size(), f) == data.size());
    std::fclose(f);
  }
};

// One record per label; pixel p of record r is (p + r) mod 256.
std::vector<std::uint8_t> records(const std::vector<int>& labels) {
  std::vector<std::uint8_t> out;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    out.push_back(static_cast<std::uint8_t>(labels[r]));
    for (std::size_t p = 0; p < 3072; ++p) out.push_back(static_cast<std::uint8_t>(p + r));
  }
  return out;
}

std::string refusal(const fs::path& folder, cifar10_split split) {
  try {
    load_cifar10(folder, split);
  } catch (const error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("labels and planes are read in the order of records and of training files") {
  const scratch_folder folder;
  folder.store("data_batch_1.bin", records({3, 9}));
  folder.store("data_batch_4.bin", records({0}));
  folder.store("test_batch.bin", records({7}));

  const auto train = load_cifar10(folder.path, cifar10_split::train);
  const auto test = load_cifar10(folder.path, cifar10_split::test);

  CHECK(train.labels == std::vector<int>{3, 9, 0});
  CHECK(test.labels == std::vector<int>{7});
  REQUIRE(train.pixels.size() == 3 * 3072);
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t p = 0; p < 3072; ++p)
      REQUIRE(train.pixels[r * 3072 + p] == static_cast<std::uint8_t>(p + (r == 1 ? 1 : 0)));
  CHECK(train.images().size() == 3);
}

TEST_CASE("a file that is not whole records is refused at any length") {
  const scratch_folder folder;
  const auto whole = records({1, 2});
  for (const std::size_t n :
       {std::size_t{0}, std::size_t{1}, std::size_t{3072}, std::size_t{3074}, std::size_t{6145}}) {
    folder.store("test_batch.bin", {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)});
    CHECK(refusal(folder.path, cifar10_split::test).find("records of 3073 bytes") !=
          std::string::npos);
  }
}

TEST_CASE("a label over 9 is refused with its record") {
  const scratch_folder folder;
  folder.store("test_batch.bin", records({9, 10}));

  CHECK(refusal(folder.path, cifar10_split::test) ==
        "load_cifar10: " + (folder.path / "test_batch.bin").string() +
            ": expected labels from 0 to 9, found 10 at record 1");
}

TEST_CASE("missing files and folders in their place are refused") {
  const scratch_folder folder;

  CHECK(refusal(folder.path, cifar10_split::test) != "");
  CHECK(refusal(folder.path, cifar10_split::train) != "");
  CHECK(refusal(folder.path / "missing", cifar10_split::train) != "");
  fs::create_directory(folder.path / "data_batch_2.bin");
  CHECK(refusal(folder.path, cifar10_split::train) != "");
}

TEST_CASE("the real test images are 1000 per class, with the statistics recipes assume") {
  const auto search = find_data("cifar-10-batches-bin");
  if (!search.path) {
    MESSAGE("skipped: no CIFAR-10 found, " << search.places());
    return;
  }

  const auto set = load_cifar10(*search.path, cifar10_split::test);

  REQUIRE(set.size() == 10'000);
  for (int k = 0; k < 10; ++k) CHECK(std::count(set.labels.begin(), set.labels.end(), k) == 1'000);
  // Normalised, each channel has about mean 0 and deviation 1.
  std::vector<int> indices(10'000);
  std::iota(indices.begin(), indices.end(), 0);
  std::vector<float> batch(set.pixels.size());
  gather_images(set.images(), indices, cifar10_set::mean, cifar10_set::stddev, batch);
  for (std::size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t n = 0; n < 10'000; ++n)
      for (std::size_t p = 0; p < 1'024; ++p) {
        const double v = batch[(n * 3 + c) * 1'024 + p];
        sum += v;
        squares += v * v;
      }
    const double mean = sum / 10'240'000, deviation = std::sqrt(squares / 10'240'000 - mean * mean);
    CHECK(std::abs(mean) < 0.05);
    CHECK(std::abs(deviation - 1) < 0.05);
  }
}
