#pragma once
// Machinery of tessera/io/scalar_log.hpp and tessera/io/event_file.hpp: a file that grows at its
// end by the rows of one step after another.
//
// Rows wait in memory until the next step begins, flush() or the end, so that a step costs one
// write(2). What the system did not take (a full disk) keeps waiting: a later flush() goes on at
// the same byte. The destructor flushes too, but cannot report. POSIX. Errors: tessera::error
// "<writer>: <path>" with the reason of the system.

#include "tessera/config.hpp"
#include "tessera/error.hpp"
#include "tessera/io/atomic_file.hpp"
#include "tessera/io/detail/utf8.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tessera::inline v0::detail {

// A new file of this name and the first number from 0 that is free.
struct numbered {
  std::string stem;
};

class append_file {
 public:
  // The file that is there, or a new one.
  append_file(std::string_view writer, std::string path) : path_(std::move(path)) {
    where_.append(writer).append(": ").append(path_);
    open(0);
  }

  append_file(std::string_view writer, const numbered& name) {
    for (int n = 0; file_ < 0; ++n) {
      path_ = name.stem + std::to_string(n);
      where_.assign(writer).append(": ").append(path_);
      open(O_EXCL);
    }
  }

  append_file(const append_file&) = delete;
  append_file& operator=(const append_file&) = delete;
  ~append_file() {
    try {
      flush();
    } catch (const error&) {
    }
    if (file_ >= 0) ::close(file_);
  }

  const std::string& path() const noexcept { return path_; }
  const std::string& where() const noexcept { return where_; }  // the operation of its errors

  // Bytes before the first row, and after a change of the file.
  void add(std::string_view bytes) { waiting_ += bytes; }

  // Where the next row is appended. `tag` is refused unless it is UTF-8.
  std::string& row(std::int64_t step, std::string_view tag) {
    if (const std::size_t at = find_invalid_utf8(tag); at != std::string_view::npos)
      throw error(where_, "a tag in UTF-8", "an invalid byte at " + std::to_string(at));
    if (step != step_) flush();
    step_ = step;
    return waiting_;
  }

  void flush() {
    while (!waiting_.empty()) {
      const auto n =
          ::write(file_, waiting_.data(), std::min(waiting_.size(), std::size_t{1} << 30));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail("room for its bytes");
      waiting_.erase(0, static_cast<std::size_t>(n));
    }
  }

  // All that is in the file, waiting bytes not among it.
  std::string read() const {
    struct stat status {};
    if (::fstat(file_, &status) != 0) fail("a readable file");
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t done = 0;
    while (done < text.size()) {
      const auto n =
          ::pread(file_, text.data() + done, std::min(text.size() - done, std::size_t{1} << 30),
                  static_cast<off_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("a readable file");
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    text.resize(done);
    return text;
  }

  // Cuts off what stands behind the first `size` bytes.
  void cut(std::size_t size) {
    if (::ftruncate(file_, static_cast<off_t>(size)) != 0) fail("a file that can be cut");
  }

  // Another file of the same name; on an error before that the old one stands.
  void replace(std::string_view whole) {
    try {
      atomic_file next(path_);
      next.write(std::as_bytes(std::span(whole)));
      next.commit();
    } catch (const error& e) {
      throw error(where_, e.expected(), e.found());
    }
    ::close(std::exchange(file_, -1));
    open(0);
  }

 private:
  // Leaves file_ < 0 only where O_EXCL is among `flags` and the name is taken.
  void open(int flags) {
    // O_NONBLOCK: a pipe of this name must not make us wait; it is refused below.
    file_ =
        ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | flags, 0666);
    if (file_ < 0) {
      if ((flags & O_EXCL) != 0 && errno == EEXIST) return;
      fail("a file that can be read and written");
    }
    struct stat status {};
    if (::fstat(file_, &status) == 0 && S_ISREG(status.st_mode)) return;
    ::close(std::exchange(file_, -1));
    throw error(where_, "a regular file", "something else");
  }

  [[noreturn]] void fail(std::string_view expected) const {
    throw error(where_, expected, std::generic_category().message(errno));
  }

  std::string path_, where_, waiting_;
  std::int64_t step_ = 0;  // of the rows that wait
  int file_ = -1;
};

}  // namespace tessera::inline v0::detail
