#pragma once
// Scalars of a training run as a TensorBoard event file: `tensorboard --logdir <directory>`.
//
//     file    records, each  u64 n | u32 masked_crc32c of n | n bytes | u32 masked_crc32c of them
//     record  a protobuf message Event {
//               double wall_time = 1; int64 step = 2;
//               string file_version = 3;              "brain.Event:2", in the first record only
//               Summary summary = 5;                  { Value value = 1 { string tag = 1;
//                                                                         float simple_value = 2; }
//                                                                         }
//               SessionLog session_log = 7; }         { Status status = 1; }  START = 1
//
// Numbers are little-endian. Every opening makes a file of its own,
// events.out.tfevents.<seconds>.<host>.<process>.<n>; TensorBoard reads those of a directory in the
// order of their names, as one run. What a killed process left of a record it ignores. Values are
// rounded to float. Tags are UTF-8; TensorBoard groups them by what stands before the first slash.
// Records reach the file as in scalar_log.hpp. One thread writes a file.
// Errors: tessera::error "event_file: <path>" for what cannot be made or written, wall times of
// opening that are no second from 1970 to 2286, and tags that are not UTF-8.
// Source: tensorflow/core/util/event.proto, core/framework/summary.proto,
// core/lib/io/record_writer.

#include "tessera/config.hpp"
#include "tessera/error.hpp"
#include "tessera/io/crc32c.hpp"
#include "tessera/io/detail/append_file.hpp"

#include <unistd.h>

#include <bit>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

namespace tessera::inline v0 {

// Seconds since 1970, now.
inline double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class event_file {
 public:
  // A new file in `directory`, which is made (with those above it) if it is not there.
  explicit event_file(const std::string& directory, double seconds = wall_time());

  void scalar(std::int64_t step, std::string_view tag, double value, double seconds = wall_time());

  // TensorBoard then forgets what it read before of this step and later, in this file and in older
  // ones of the directory; they stay on the disk. Its fast loader forgets them tag by tag, each
  // when a step of it comes again (and so does when steps of a tag fall without this).
  void drop_from(std::int64_t step, double seconds = wall_time());

  void flush() { file_.flush(); }

  const std::string& path() const noexcept { return file_.path(); }

 private:
  detail::append_file file_;
};

namespace detail {

// The lower `bytes` bytes of v, the lowest first.
inline void append_little_endian(std::string& out, std::uint64_t v, int bytes) {
  for (; bytes > 0; --bytes, v >>= 8) out += static_cast<char>(v & 0xffu);
}

// Seven bits per byte, the lowest first; the eighth says that more follow.
inline void append_varint(std::string& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) out += static_cast<char>((v & 0x7fu) | 0x80u);
  out += static_cast<char>(v);
}

// Fields of protobuf messages begin with number * 8 + wire type: 0 varint, 1 eight bytes, 2 a
// length and so many bytes, 5 four bytes.
inline void append_field(std::string& out, unsigned number, std::string_view bytes) {
  append_varint(out, number * 8u + 2u);
  append_varint(out, bytes.size());
  out += bytes;
}

// An Event up to what it says. Steps of zero are left out, as protobuf does with zeros.
inline std::string event_at(double seconds, std::int64_t step) {
  std::string event;
  append_varint(event, 1 * 8 + 1);
  append_little_endian(event, std::bit_cast<std::uint64_t>(seconds), 8);
  if (step != 0) {
    append_varint(event, 2 * 8 + 0);
    append_varint(event, static_cast<std::uint64_t>(step));
  }
  return event;
}

inline void append_record(std::string& out, std::string_view event) {
  std::string length;
  append_little_endian(length, event.size(), 8);
  out += length;
  append_little_endian(out, masked_crc32c(crc32c(length)), 4);
  out += event;
  append_little_endian(out, masked_crc32c(crc32c(event)), 4);
}

// Numbers beyond the largest float become infinities; the language leaves their conversion open.
inline float to_event_value(double value) {
  constexpr float most = std::numeric_limits<float>::max();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  return value > most ? infinity : value < -most ? -infinity : static_cast<float>(value);
}

// The path up to <n>. Ten digits of seconds, so that names sort by time.
inline numbered event_file_name(const std::string& directory, double seconds) {
  const std::string where = "event_file: " + directory;
  if (!(seconds >= 0 && seconds < 1e10))
    throw error(where, "a wall time from 0 to 9999999999 seconds", std::to_string(seconds));
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) throw error(where, "a directory, or a place for one", failure.message());

  char host[256] = "";
  if (::gethostname(host, sizeof host - 1) != 0 || host[0] == '\0') host[0] = '0';
  const std::string digits = std::to_string(static_cast<std::int64_t>(seconds));
  const std::string name = "events.out.tfevents." + std::string(10 - digits.size(), '0') + digits +
                           "." + host + "." + std::to_string(::getpid()) + ".";
  return {(std::filesystem::path(directory) / name).string()};
}

}  // namespace detail

inline event_file::event_file(const std::string& directory, double seconds)
    : file_("event_file", detail::event_file_name(directory, seconds)) {
  std::string event = detail::event_at(seconds, 0), record;
  detail::append_field(event, 3, "brain.Event:2");
  detail::append_record(record, event);
  file_.add(record);
  file_.flush();
}

inline void event_file::scalar(std::int64_t step, std::string_view tag, double value,
                               double seconds) {
  std::string& out = file_.row(step, tag);
  std::string number, summary, event = detail::event_at(seconds, step);
  detail::append_field(number, 1, tag);
  detail::append_varint(number, 2 * 8 + 5);
  detail::append_little_endian(number, std::bit_cast<std::uint32_t>(detail::to_event_value(value)),
                               4);
  detail::append_field(summary, 1, number);
  detail::append_field(event, 5, summary);
  detail::append_record(out, event);
}

inline void event_file::drop_from(std::int64_t step, double seconds) {
  std::string event = detail::event_at(seconds, step);
  detail::append_field(event, 7, "\x08\x01");
  // Twice: the first that TensorBoard reads in a directory is the start of the run for it and drops
  // nothing.
  std::string& out = file_.row(step, "");
  detail::append_record(out, event);
  detail::append_record(out, event);
}

}  // namespace tessera::inline v0
