#pragma once
// One line on how far long work has come. On a terminal it is redrawn in place:
//     train [=========>          ]  480/1000  12.3/s  0:42 left  loss 1.27
// elsewhere (a pipe, a log) a plain line is written every few seconds:
//     train: 480/1000 (48%), 12.3/s, 0:42 left, loss 1.27
// and both end with
//     train: 1000/1000 in 1:21, 12.3/s, loss 0.98
// Rate and time left are means since the start. Without a total (0) there is no bar and no time
// left. update() allocates nothing and is cheap enough for every step.

#include "tessera/config.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace tessera::inline v0 {

struct progress_settings {
  double redraw_seconds = 0.1;  // at least this between two drawings on a terminal
  double line_seconds = 5;      // and between two lines elsewhere
  std::int64_t start = 0;       // units done before (a run that goes on); not part of the rate
};

class progress {
 public:
  explicit progress(std::string label, std::int64_t total = 0, std::FILE* out = stderr,
                    progress_settings settings = {})
      : label_(std::move(label)),
        total_(total),
        done_(settings.start),
        out_(out),
        settings_(settings),
        terminal_(::isatty(::fileno(out)) == 1),
        begin_(clock::now()),
        last_(begin_) {}
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { finish(); }

  // `done` of the total is done; `suffix` (without line breaks) is shown behind it.
  void update(std::int64_t done, std::string_view suffix = {});

  // Writes the last line, once. The destructor does it too, with what update() saw last.
  void finish(std::string_view suffix = {});

 private:
  using clock = std::chrono::steady_clock;
  static double seconds(clock::duration d) { return std::chrono::duration<double>(d).count(); }
  int columns() const;
  void put(std::string_view line, bool last);

  std::string label_;
  std::int64_t total_, done_;
  std::FILE* out_;
  progress_settings settings_;
  bool terminal_, finished_ = false;
  clock::time_point begin_, last_;
  std::array<char, 128> suffix_{};  // the last one, for the destructor
};

namespace detail {

// A line of at most 511 bytes in place, for formatting without allocation.
class progress_text {
 public:
  template <class... Values>
  progress_text& add(const char* format, Values... values) {
    const int n = std::snprintf(text_.data() + size_, text_.size() - size_, format, values...);
    if (n > 0) size_ = std::min(size_ + static_cast<std::size_t>(n), text_.size() - 1);
    return *this;
  }
  progress_text& add_text(std::string_view s) {
    return add("%.*s", static_cast<int>(std::min(s.size(), text_.size())), s.data());
  }
  // 1:05, 2:00:00; over 1000 hours nobody wants the seconds.
  progress_text& add_time(double seconds) {
    if (!(seconds < 3.6e6)) return add("%s", ">1000 h");
    const auto s = static_cast<long>(seconds + 0.5);
    if (s >= 3600) return add("%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    return add("%ld:%02ld", s / 60, s % 60);
  }
  // At most `bytes`, not ending within a UTF-8 sequence.
  std::string_view view(std::size_t bytes = 511) const {
    std::size_t n = std::min(size_, bytes);
    while (n > 0 && n < size_ && (static_cast<unsigned char>(text_[n]) & 0xc0u) == 0x80u) --n;
    return {text_.data(), n};
  }

 private:
  std::array<char, 512> text_{};
  std::size_t size_ = 0;
};

enum class progress_form : std::uint8_t { bar, line, last };

struct progress_state {
  std::string_view label, suffix;
  std::int64_t done = 0, total = 0, start = 0;
  double seconds = 0;  // since the start
};

inline progress_text progress_line(progress_form form, const progress_state& s) {
  const double rate = s.seconds > 0 ? static_cast<double>(s.done - s.start) / s.seconds : 0;
  const bool bar = form == progress_form::bar, last = form == progress_form::last;
  const char* const gap = bar ? "  " : ", ";
  const auto done = static_cast<long long>(s.done), total = static_cast<long long>(s.total);
  const double part =
      total > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0) : 0;

  progress_text t;
  t.add_text(s.label).add_text(bar ? "" : ":");
  if (bar && total > 0) {
    const int filled = static_cast<int>(part * 20);
    t.add(" [%.*s%s%*s]", filled, "====================", filled < 20 ? ">" : "",
          std::max(19 - filled, 0), "");
  }
  t.add_text(bar ? gap : " ");
  if (total > 0)
    t.add("%lld/%lld", done, total);
  else
    t.add("%lld", done);
  if (form == progress_form::line && total > 0) t.add(" (%d%%)", static_cast<int>(part * 100));
  if (last) t.add_text(" in ").add_time(s.seconds);
  if (rate > 0) t.add("%s%.*f/s", gap, rate < 100 ? 1 : 0, rate);
  if (!last && rate > 0 && total > done)
    t.add("%s", gap).add_time(static_cast<double>(total - done) / rate).add_text(" left");
  if (!s.suffix.empty()) t.add("%s", gap).add_text(s.suffix);
  return t;
}

}  // namespace detail

inline void progress::update(std::int64_t done, std::string_view suffix) {
  if (finished_) return;
  done_ = done;
  suffix = suffix.substr(0, suffix_.size() - 1);
  std::copy(suffix.begin(), suffix.end(), suffix_.begin());
  suffix_[suffix.size()] = '\0';
  const auto now = clock::now();
  if (seconds(now - last_) < (terminal_ ? settings_.redraw_seconds : settings_.line_seconds))
    return;
  last_ = now;
  const auto line = detail::progress_line(
      terminal_ ? detail::progress_form::bar : detail::progress_form::line,
      {label_, suffix, done_, total_, settings_.start, seconds(now - begin_)});
  put(line.view(terminal_ ? static_cast<std::size_t>(columns() - 1) : 511), false);
}

inline void progress::finish(std::string_view suffix) {
  if (std::exchange(finished_, true)) return;
  if (suffix.empty()) suffix = suffix_.data();
  const auto line = detail::progress_line(
      detail::progress_form::last,
      {label_, suffix, done_, total_, settings_.start, seconds(clock::now() - begin_)});
  put(line.view(), true);
}

// Of the terminal, asked each time since windows change; 80 when it does not say.
inline int progress::columns() const {
  winsize size{};
  const bool known = ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col : 80;
}

inline void progress::put(std::string_view line, bool last) {
  // "\x1b[K" clears what a longer line before left behind.
  std::fprintf(out_, "%s%.*s%s%s", terminal_ ? "\r" : "", static_cast<int>(line.size()),
               line.data(), terminal_ ? "\x1b[K" : "", terminal_ && !last ? "" : "\n");
  std::fflush(out_);
}

}  // namespace tessera::inline v0
