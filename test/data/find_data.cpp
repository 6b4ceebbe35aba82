#include "tessera/data/find_data.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

using namespace tessera;
namespace fs = std::filesystem;

namespace {

// Sets a variable of the environment for one test; nullptr removes it.
class variable {
 public:
  variable(const char* name, const char* value) : name_(name) {
    if (const char* old = ::getenv(name)) old_ = old;
    set(value);
  }
  ~variable() { set(old_ ? old_->c_str() : nullptr); }
  variable(const variable&) = delete;

 private:
  void set(const char* value) {
    if (value != nullptr)
      ::setenv(name_, value, 1);
    else
      ::unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> old_;
};

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
};

}  // namespace

TEST_CASE("the first place that has the data wins: variable, beside the checkout, cache") {
  const scratch_folder root;
  const fs::path chosen = root.path / "chosen", beside = root.path / "shared" / "data",
                 cache = root.path / "cache";
  const variable data("TESSERA_DATA_DIR", chosen.c_str()), xdg("XDG_CACHE_HOME", cache.c_str());
  const std::string checkout = (root.path / "checkout").string(), name = "set-of-this-test";

  CHECK_FALSE(find_data(name, checkout).path);
  fs::create_directories(cache / "tessera" / name);
  CHECK(find_data(name, checkout).path == cache / "tessera" / name);
  fs::create_directories(beside / name);
  CHECK(find_data(name, checkout).path == beside / name);
  fs::create_directories(chosen / name);
  CHECK(find_data(name, checkout).path == chosen / name);
}

TEST_CASE("a search without success lists every place it looked in") {
  const scratch_folder root;
  const variable data("TESSERA_DATA_DIR", root.path.c_str()), xdg("XDG_CACHE_HOME", nullptr),
      home("HOME", "/home-of-this-test");

  const auto search = find_data("set-of-this-test", "/checkout-of-this-test");

  CHECK_FALSE(search.path);
  CHECK(search.places() == "looked in " + (root.path / "set-of-this-test").string() +
                               ", /shared/data/set-of-this-test"
                               ", ../shared/data/set-of-this-test"
                               ", /home-of-this-test/.cache/tessera/set-of-this-test");
}
