#pragma once
// Writes a file so that its name always leads to a whole one: the old until commit(), then the new.
//
// The bytes go to a temporary file in the same folder; commit() brings them to the disk (fsync),
// renames the file over its target and brings the folder to the disk. Without commit() (an error,
// an exception) the temporary file is removed and the target is as before. A killed process can
// leave "<target>.tmp-<process>-<n>" behind, never a half-written target. POSIX.
// Errors: tessera::error with the path and the reason of the system.

#include "tessera/config.hpp"
#include "tessera/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tessera::inline v0 {

class atomic_file {
 public:
  explicit atomic_file(std::string path) : path_(std::move(path)) {
    static std::atomic<unsigned> counter{0};
    const std::string stem = path_ + ".tmp-" + std::to_string(::getpid()) + "-";
    for (int attempt = 0; file_ < 0 && attempt < 1'000; ++attempt) {
      temporary_ = stem + std::to_string(counter++);
      file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (file_ < 0 && errno != EEXIST && errno != EINTR) break;
    }
    if (file_ < 0) fail("a new file in its folder");
  }
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  ~atomic_file() { discard(); }

  void write(std::span<const std::byte> bytes) {
    need_open();
    while (!bytes.empty()) {
      const auto n = ::write(file_, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail("room for its bytes");
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }

  // After an error of the steps before the rename the old target stands; an error of the last step
  // (the folder) leaves the new one, whole, but perhaps not yet on the disk.
  void commit() {
    need_open();
    struct stat old {};
    if (::stat(path_.c_str(), &old) == 0 && S_ISREG(old.st_mode) &&
        ::fchmod(file_, old.st_mode & 0777) != 0)
      fail("the permissions of the old file");
    if (::fsync(file_) != 0) fail("its bytes on the disk (fsync)");
    if (::close(std::exchange(file_, -1)) != 0) fail("its bytes on the disk (close)");
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("a rename over the target");
    temporary_.clear();
    sync_folder();
  }

 private:
  void need_open() const {
    if (file_ < 0) throw error("atomic_file: " + path_, "an open file", "a finished one");
  }

  [[noreturn]] void fail(std::string_view expected) {
    const int reason = errno;
    discard();
    throw error("atomic_file: " + path_, expected, std::generic_category().message(reason));
  }

  void discard() noexcept {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
  }

  void sync_folder() {
    const auto slash = path_.find_last_of('/');
    const std::string folder =
        slash == std::string::npos ? "." : path_.substr(0, std::max(slash, std::size_t{1}));
    const int f = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // A folder that may be written but not read cannot be opened, and some file systems refuse
    // fsync on folders (EINVAL): neither says that anything was lost.
    if (f < 0) return;
    const int reason = ::fsync(f) == 0 ? 0 : errno;
    ::close(f);
    errno = reason;
    if (reason != 0 && reason != EINVAL && reason != ENOTSUP)
      fail("its folder on the disk (fsync)");
  }

  std::string path_, temporary_;  // temporary_ is empty when there is nothing to remove
  int file_ = -1;
};

}  // namespace tessera::inline v0
