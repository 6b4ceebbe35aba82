#pragma once
// CIFAR-10 in its binary layout: records of one label byte (0-9) and 3072 pixel bytes, planes R, G,
// B of 32 x 32, row-major. Training images are in data_batch_1.bin to data_batch_5.bin (those that
// are there, at least one), test images in test_batch.bin.
// Source: www.cs.toronto.edu/~kriz/cifar.html, "Binary version".

#include "tessera/config.hpp"
#include "tessera/data/find_data.hpp"
#include "tessera/data/images.hpp"
#include "tessera/error.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace tessera::inline v0 {

enum class cifar10_split : std::uint8_t { train, test };

struct cifar10_set {
  static constexpr int channels = 3, height = 32, width = 32, classes = 10;
  static constexpr std::size_t image_size = 3072;
  static constexpr std::array<std::string_view, 10> class_names{
      "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  // Of the 50,000 training images, per channel, on the scale 0 to 1: what recipes normalise by.
  static constexpr std::array<float, 3> mean{0.4914f, 0.4822f, 0.4465f};
  static constexpr std::array<float, 3> stddev{0.2470f, 0.2435f, 0.2616f};

  std::vector<std::uint8_t> pixels;  // [n, 3, 32, 32]
  std::vector<int> labels;           // [n], 0 to 9

  std::size_t size() const noexcept { return labels.size(); }
  image_view images() const noexcept { return {pixels, channels, height, width}; }
};

namespace detail {

// Appends the records of one file. Memory follows the size of the file.
inline void read_cifar10_batch(const std::filesystem::path& path, cifar10_set& set) {
  constexpr std::size_t record = 1 + cifar10_set::image_size;
  const std::string where = "load_cifar10: " + path.string();
  std::error_code failure;
  const auto bytes = std::filesystem::is_regular_file(path, failure)
                         ? std::filesystem::file_size(path, failure)
                         : std::uintmax_t{0};
  if (failure) throw error(where, "a readable file", failure.message());
  if (bytes == 0 || bytes % record != 0)
    throw error(where, "records of 3073 bytes", std::to_string(bytes) + " bytes");
  const auto close = [](std::FILE* f) { std::fclose(f); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  if (!file) throw error(where, "a readable file", std::generic_category().message(errno));

  const auto count = static_cast<std::size_t>(bytes / record);
  set.pixels.reserve(set.pixels.size() + count * cifar10_set::image_size);
  set.labels.reserve(set.labels.size() + count);
  std::array<std::uint8_t, record> buffer;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::fread(buffer.data(), 1, record, file.get()) != record)
      throw error(where, std::to_string(count) + " records",
                  "an end at record " + std::to_string(i));
    if (buffer[0] >= cifar10_set::classes)
      throw error(where, "labels from 0 to 9",
                  std::to_string(buffer[0]) + " at record " + std::to_string(i));
    set.labels.push_back(buffer[0]);
    set.pixels.insert(set.pixels.end(), buffer.begin() + 1, buffer.end());
  }
}

}  // namespace detail

// The split in the order of its files. Errors: tessera::error when no file is there, or one is not
// whole records of labels 0 to 9.
inline cifar10_set load_cifar10(const std::filesystem::path& folder, cifar10_split split) {
  cifar10_set set;
  if (split == cifar10_split::test) {
    detail::read_cifar10_batch(folder / "test_batch.bin", set);
    return set;
  }
  for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                           "data_batch_4.bin", "data_batch_5.bin"}) {
    std::error_code ignored;
    if (std::filesystem::exists(folder / name, ignored))
      detail::read_cifar10_batch(folder / name, set);
  }
  if (set.size() == 0)
    throw error("load_cifar10: " + folder.string(), "data_batch_1.bin to data_batch_5.bin", "none");
  return set;
}

}  // namespace tessera::inline v0
