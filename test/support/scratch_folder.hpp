#pragma once
// A folder of its own for one test, gone with it; and whole files in one call.

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

struct scratch_folder {
  std::filesystem::path path;

  scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tessera-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::size_t files() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& f : std::filesystem::directory_iterator(path)) ++n;
    return n;
  }
};

inline std::string read_text(const std::filesystem::path& path) {
  std::string text(std::filesystem::file_size(path), '\0');
  std::FILE* f = std::fopen(path.c_str(), "rb");
  REQUIRE(f != nullptr);
  const std::size_t n = std::fread(text.data(), 1, text.size(), f);
  std::fclose(f);
  REQUIRE(n == text.size());
  return text;
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::FILE* f = std::fopen(path.c_str(), "wb");
  REQUIRE(f != nullptr);
  const std::size_t n = std::fwrite(text.data(), 1, text.size(), f);
  REQUIRE(std::fclose(f) == 0);
  REQUIRE(n == text.size());
}
