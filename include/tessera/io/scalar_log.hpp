#pragma once
// Scalars of a training run, (step, tag, value), as text that a spreadsheet or a script reads:
//
//     csv_log     step,tag,value           jsonl_log
//                 12,train/loss,0.5                   {"step":12,"tag":"train/loss","value":0.5}
//
// One row per scalar (long form): tags may come at different steps and new ones at any time, which
// a table with a column per tag cannot say without being written again. Tags are UTF-8. Values are
// the shortest decimals that read back as the same double, in no locale. Lines end with "\n".
//     csv_log    tags quoted where a comma, a quote or a line break needs it (RFC 4180);
//                nan, inf and -inf as such
//     jsonl_log  one JSON object per line (RFC 8259); null for nan, inf and -inf, which JSON lacks
//
// A file that is there is continued. What a killed process left of a row is cut off on opening. A
// run that goes on from a checkpoint says drop_from(its first step): rows of that step and later
// are taken out, so no step stands twice. Rows of a step reach the file when the next step begins,
// with flush() or at the end; from there a killed process loses none, a power cut may. One process
// and one thread write a file. Errors: tessera::error "csv_log: <path>" for what cannot be opened
// or written, for a file that is no such log (it stays as it is) and for tags that are not UTF-8.

#include "tessera/config.hpp"
#include "tessera/error.hpp"
#include "tessera/io/detail/append_file.hpp"
#include "tessera/io/detail/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tessera::inline v0 {

// Where a training loop sends its numbers: csv_log, jsonl_log, event_file or a type of yours.
//     scalar(step, tag, value)  one number; the steps of a tag rise
//     drop_from(step)           forget all of this step and later; they will be told again
//     flush()                   what was told so far outlives this process; say it before saving a
//                               checkpoint
template <class T>
concept scalar_sink = requires(T& sink, std::int64_t step, std::string_view tag, double value) {
  sink.scalar(step, tag, value);
  sink.drop_from(step);
  sink.flush();
};

template <class Format>
class scalar_log {
 public:
  explicit scalar_log(std::string path);

  // A row. On an error it is not among the rows, and those before are as they were.
  void scalar(std::int64_t step, std::string_view tag, double value) {
    Format::append(file_.row(step, tag), step, tag, value);
  }

  // The file is read, and replaced as a whole (atomic_file) if there is something to drop.
  void drop_from(std::int64_t step);

  void flush() { file_.flush(); }

 private:
  detail::append_file file_;
};

namespace detail {
struct csv_rows;
struct jsonl_rows;
}  // namespace detail

using csv_log = scalar_log<detail::csv_rows>;
using jsonl_log = scalar_log<detail::jsonl_rows>;

namespace detail {

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[32];  // the longest double, -2.2250738585072014e-308, has 24 characters
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// A format has a name, the head of a file, the text of a row before its step, the end of the row
// that begins at a byte (npos: it has none) and the row itself.
struct csv_rows {
  static constexpr std::string_view name = "csv_log", head = "step,tag,value\n", before_step = "";

  static constexpr std::size_t end_of_row(std::string_view text, std::size_t at) {
    for (bool quoted = false; at < text.size(); ++at) {
      if (text[at] == '"') quoted = !quoted;
      if (text[at] == '\n' && !quoted) return at + 1;
    }
    return std::string_view::npos;
  }

  static void append(std::string& out, std::int64_t step, std::string_view tag, double value) {
    append_number(out, step);
    out += ',';
    const bool quoted = tag.find_first_of(",\"\r\n") != std::string_view::npos;
    if (quoted) out += '"';
    for (const char c : tag) out.append(c == '"' ? 2 : 1, c);
    if (quoted) out += '"';
    out += ',';
    if (std::isnan(value))
      out += "nan";  // to_chars may print a sign
    else
      append_number(out, value);
    out += '\n';
  }
};

struct jsonl_rows {
  static constexpr std::string_view name = "jsonl_log", head = "", before_step = "{\"step\":";

  static constexpr std::size_t end_of_row(std::string_view text, std::size_t at) {
    const std::size_t line = text.find('\n', at);
    return line == std::string_view::npos ? line : line + 1;
  }

  static void append(std::string& out, std::int64_t step, std::string_view tag, double value) {
    out += before_step;
    append_number(out, step);
    out += ",\"tag\":";
    append_json_text(out, tag);
    out += ",\"value\":";
    if (std::isfinite(value))
      append_number(out, value);
    else
      out += "null";
    out += "}\n";
  }
};

}  // namespace detail

template <class Format>
scalar_log<Format>::scalar_log(std::string path) : file_(Format::name, std::move(path)) {
  const std::string text = file_.read();
  const std::string begin = std::string(Format::head).append(Format::before_step);
  const std::size_t known = std::min(begin.size(), text.size());
  if (text.compare(0, known, begin, 0, known) != 0)
    throw error(file_.where(), "a file that begins with " + begin, "another beginning");

  std::size_t whole = text.size() < Format::head.size() ? 0 : Format::head.size();
  for (std::size_t end = whole; end != std::string::npos; end = Format::end_of_row(text, whole))
    whole = end;
  if (whole < text.size()) file_.cut(whole);
  if (whole == 0) file_.add(Format::head);
  file_.flush();
}

template <class Format>
void scalar_log<Format>::drop_from(std::int64_t step) {
  file_.flush();
  const std::string text = file_.read();
  std::string kept(Format::head);
  std::size_t at = Format::head.size();
  for (std::int64_t row = 1; at < text.size(); ++row) {
    const std::size_t end = Format::end_of_row(text, at);
    const auto line = std::string_view(text).substr(at, end - at);
    const bool begun = end != std::string::npos && line.starts_with(Format::before_step);
    std::int64_t found = 0;
    if (!begun ||
        std::from_chars(line.data() + Format::before_step.size(), line.data() + line.size(), found)
                .ec != std::errc{})
      throw error(file_.where(), "rows as this log writes them",
                  "another at " + std::to_string(row));
    if (found < step) kept += line;
    at = end;
  }
  if (kept.size() < text.size()) file_.replace(kept);
}

}  // namespace tessera::inline v0
