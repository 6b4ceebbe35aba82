#include "tessera/io/progress.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace tessera;
using form = detail::progress_form;

namespace {

std::string text(form f, const detail::progress_state& s) {
  return std::string(detail::progress_line(f, s).view());
}

struct pipe_like {
  std::FILE* file = std::tmpfile();
  ~pipe_like() { std::fclose(file); }
  std::string written() const {
    std::string out(4'096, '\0');
    std::rewind(file);
    out.resize(std::fread(out.data(), 1, out.size(), file));
    return out;
  }
};

// Both ends of a terminal that this process made; `screen` is where programs write to.
struct terminal {
  int keyboard = ::posix_openpt(O_RDWR | O_NOCTTY);
  std::FILE* screen = nullptr;
  explicit terminal(unsigned short columns) {
    if (keyboard < 0 || ::grantpt(keyboard) != 0 || ::unlockpt(keyboard) != 0) return;
    winsize size{};
    size.ws_row = 24;
    size.ws_col = columns;
    ::ioctl(keyboard, TIOCSWINSZ, &size);
    const int fd = ::open(::ptsname(keyboard), O_RDWR | O_NOCTTY);
    if (fd >= 0) screen = ::fdopen(fd, "w");
  }
  ~terminal() {
    if (screen != nullptr) std::fclose(screen);
    if (keyboard >= 0) ::close(keyboard);
  }
  // Up to the first line break; the kernel hands over what was written piece by piece.
  std::string written() const {
    std::string out;
    pollfd ready{keyboard, POLLIN, 0};
    while (!out.ends_with('\n') && ::poll(&ready, 1, 5'000) == 1) {
      char piece[256];
      const auto n = ::read(keyboard, piece, sizeof piece);
      if (n <= 0) break;
      out.append(piece, static_cast<std::size_t>(n));
    }
    return out;
  }
};

}  // namespace

TEST_CASE("the bar shows the part done, the count, the rate and the time left") {
  CHECK(text(form::bar, {"train", "loss 1.27", 480, 1000, 0, 40}) ==
        "train [=========>          ]  480/1000  12.0/s  0:43 left  loss 1.27");
  CHECK(text(form::bar, {"train", "", 0, 10, 0, 0}) == "train [>                   ]  0/10");
  CHECK(text(form::bar, {"train", "", 10, 10, 0, 5}) ==
        "train [====================]  10/10  2.0/s");
}

TEST_CASE("a plain line says the same in words, and the last line the time it took") {
  CHECK(text(form::line, {"train", "loss 1.27", 480, 1000, 0, 40}) ==
        "train: 480/1000 (48%), 12.0/s, 0:43 left, loss 1.27");
  CHECK(text(form::last, {"train", "loss 0.98", 1000, 1000, 0, 81}) ==
        "train: 1000/1000 in 1:21, 12.3/s, loss 0.98");
}

TEST_CASE("without a total there is neither bar nor time left") {
  CHECK(text(form::bar, {"read", "", 7, 0, 0, 2}) == "read  7  3.5/s");
  CHECK(text(form::line, {"read", "", 7, 0, 0, 2}) == "read: 7, 3.5/s");
}

TEST_CASE("what was done before a resumed run does not count into the rate") {
  CHECK(text(form::line, {"train", "", 600, 1000, 500, 10}) ==
        "train: 600/1000 (60%), 10.0/s, 0:40 left");
}

TEST_CASE("more done than the total, and hours, are shown without harm") {
  CHECK(text(form::bar, {"x", "", 30, 10, 0, 10}) == "x [====================]  30/10  3.0/s");
  CHECK(text(form::line, {"x", "", 1, 36'001, 0, 0.1}) == "x: 1/36001 (0%), 10.0/s, 1:00:00 left");
  CHECK(text(form::line, {"x", "", 1, 2'000'000'000, 0, 10}) ==
        "x: 1/2000000000 (0%), 0.1/s, >1000 h left");
}

TEST_CASE("long texts are cut, and never within a UTF-8 character") {
  const std::string label(2'000, 'x');
  CHECK(text(form::bar, {label, "", 1, 2, 0, 1}).size() == 511);

  detail::progress_text euro;
  euro.add_text("a\xe2\x82\xac");
  CHECK(euro.view(3) == "a");
  CHECK(euro.view(4) == "a\xe2\x82\xac");
}

TEST_CASE("in a pipe, updates within the interval write nothing and the end writes one line") {
  const pipe_like out;
  {
    progress p("train", 1000, out.file);
    for (int i = 1; i <= 1000; ++i) p.update(i, "loss " + std::to_string(i));
  }

  const std::string written = out.written();
  CHECK(std::count(written.begin(), written.end(), '\n') == 1);
  CHECK(written.starts_with("train: 1000/1000 in 0:00"));
  CHECK(written.ends_with(", loss 1000\n"));
  CHECK(written.find('\r') == std::string::npos);
  CHECK(written.find('\x1b') == std::string::npos);
}

TEST_CASE("in a pipe, each interval gives one whole line") {
  const pipe_like out;

  progress p("train", 3, out.file, {.redraw_seconds = 0, .line_seconds = 0});
  for (int i = 1; i <= 3; ++i) p.update(i);
  p.finish("done");
  p.finish("again");
  p.update(4);

  const std::string written = out.written();
  CHECK(std::count(written.begin(), written.end(), '\n') == 4);
  CHECK(written.starts_with("train: 1/3 (33%)"));
  CHECK(written.ends_with(", done\n"));
}

TEST_CASE("on a terminal one line is redrawn within its width, and the end leaves it standing") {
  const terminal t(40);
  if (t.screen == nullptr) {
    MESSAGE("skipped: no pseudo-terminal here");
    return;
  }

  {
    progress p("train", 2, t.screen, {.redraw_seconds = 0, .line_seconds = 0});
    p.update(1, std::string(100, 's'));
    p.update(2, "loss 1");
  }

  const std::string written = t.written();
  REQUIRE(written.starts_with("\rtrain [==========>         ]  1/2"));
  CHECK(written.find("\x1b[K\r") == 1 + 39);
  CHECK(std::count(written.begin(), written.end(), '\n') == 1);
  CHECK(written.find("\rtrain: 2/2 in 0:00") != std::string::npos);
  CHECK(written.ends_with("loss 1\x1b[K\r\n"));  // the terminal's own \r before \n
}
