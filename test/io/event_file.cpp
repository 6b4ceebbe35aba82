#include "tessera/io/event_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/refusal.hpp"
#include "support/scratch_folder.hpp"
#include "tessera/io/scalar_log.hpp"

using namespace tessera;
using support::refusal;

namespace {

static_assert(scalar_sink<event_file>);

std::string from_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == ' ') continue;
    out += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
    ++i;
  }
  return out;
}

struct event {
  double seconds = 0;
  std::int64_t step = 0;
  std::optional<std::string> version, tag;
  float value = 0;
  bool restart = false;
};

// Reads records and messages in exactly the form of the format; anything else fails the test.
class strict_reader {
 public:
  explicit strict_reader(std::string_view text) : text_(text) {}
  bool at_end() const { return text_.empty(); }

  std::string_view take(std::uint64_t n) {
    REQUIRE(n <= text_.size());
    const auto out = text_.substr(0, n);
    text_.remove_prefix(n);
    return out;
  }
  template <class Number>
  Number number() {
    Number out;
    std::memcpy(&out, take(sizeof out).data(), sizeof out);
    return out;
  }
  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (unsigned shift = 0;; shift += 7) {
      REQUIRE(shift < 70);
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      out |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return out;
    }
  }
  strict_reader record() {
    const auto length = take(8);
    REQUIRE(number<std::uint32_t>() == masked_crc32c(crc32c(length)));
    const auto data = take(strict_reader(length).number<std::uint64_t>());
    REQUIRE(number<std::uint32_t>() == masked_crc32c(crc32c(data)));
    return strict_reader(data);
  }
  strict_reader message() { return strict_reader(take(varint())); }
  std::string text() { return std::string(take(varint())); }

 private:
  std::string_view text_;
};

std::vector<event> events_of(std::string_view file) {
  std::vector<event> out;
  for (strict_reader records(file); !records.at_end();) {
    auto message = records.record();
    event e;
    while (!message.at_end()) {
      const auto key = message.varint();
      if (key == 0x09) {
        e.seconds = message.number<double>();
      } else if (key == 0x10) {
        e.step = static_cast<std::int64_t>(message.varint());
      } else if (key == 0x1a) {
        e.version = message.text();
      } else if (key == 0x2a) {
        auto summary = message.message();
        REQUIRE(summary.varint() == 0x0a);
        auto value = summary.message();
        REQUIRE(value.varint() == 0x0a);
        e.tag = value.text();
        REQUIRE(value.varint() == 0x15);
        e.value = value.number<float>();
        REQUIRE((value.at_end() && summary.at_end()));
      } else {
        REQUIRE(key == 0x3a);
        auto session = message.message();
        REQUIRE(session.varint() == 0x08);
        e.restart = session.varint() == 1;
        REQUIRE(session.at_end());
      }
    }
    out.push_back(e);
  }
  return out;
}

}  // namespace

TEST_CASE("a file is the bytes of its version, a scalar and a restart, worked out by hand") {
  const scratch_folder folder;
  std::string path;
  {
    event_file log(folder.path, 1'700'000'000.0);
    log.scalar(300, "loss", 0.5, 1'700'000'000.25);
    log.drop_from(300, 1'700'000'001.5);
    path = log.path();
  }

  const std::string restart = from_hex(
      "10 00 00 00 00 00 00 00"     // 16 bytes
      "95 fb fe 18"                 //
      "09 00 00 60 40 fc 54 d9 41"  // wall_time: 1700000001.5
      "10 ac 02"                    // step: 300
      "3a 02 08 01"                 // session_log: status START
      "31 2d 1a 8d");
  CHECK(read_text(path) ==
        from_hex("18 00 00 00 00 00 00 00"                       // 24 bytes
                 "a3 7f 4b 22"                                   // checksum of these eight
                 "09 00 00 00 40 fc 54 d9 41"                    // wall_time: 1700000000.0
                 "1a 0d 62 72 61 69 6e 2e 45 76 65 6e 74 3a 32"  // file_version: brain.Event:2
                 "ec ed 8f 9d"                                   // checksum of the 24 bytes
                 "1b 00 00 00 00 00 00 00"                       // 27 bytes
                 "1a 0d 9e 13"                                   //
                 "09 00 00 10 40 fc 54 d9 41"                    // wall_time: 1700000000.25
                 "10 ac 02"                                      // step: 300 = 2 * 128 + 44
                 "2a 0d"                                         // summary of 13 bytes
                 "0a 0b"                                         // value of 11 bytes
                 "0a 04 6c 6f 73 73"                             // tag: loss
                 "15 00 00 00 3f"                                // simple_value: 0.5f
                 "77 f9 90 a0") +
            restart + restart);
}

TEST_CASE("what is written reads back: steps, tags, values rounded to float, and wall times") {
  const scratch_folder folder;
  const std::vector<std::int64_t> steps{0,
                                        1,
                                        127,
                                        128,
                                        -1,
                                        std::numeric_limits<std::int64_t>::max(),
                                        std::numeric_limits<std::int64_t>::min()};
  const std::string long_tag(200, 'x'), strange("a\"\n\0\u20ac\U0001f642", 11);
  std::string path;
  {
    event_file log(folder.path, 5);
    path = log.path();
    for (const auto step : steps) log.scalar(step, "s", 0.1, static_cast<double>(step));
    log.scalar(1, long_tag, 0, 0);
    log.scalar(1, strange, -2, 0);
    log.scalar(1, "", 3, 0);
  }

  const auto events = events_of(read_text(path));

  REQUIRE(events.size() == 1 + steps.size() + 3);
  CHECK(events[0].version == "brain.Event:2");
  CHECK(events[0].seconds == 5);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const event& e = events[i + 1];
    CHECK(e.step == steps[i]);
    CHECK(e.tag == "s");
    CHECK(e.value == 0.1f);
    CHECK(e.seconds == static_cast<double>(steps[i]));
    CHECK(!e.version);
  }
  CHECK(events[steps.size() + 1].tag == long_tag);
  CHECK(events[steps.size() + 2].tag == strange);
  CHECK(events[steps.size() + 2].value == -2);
  CHECK(events[steps.size() + 3].tag == "");
}

TEST_CASE("numbers that are not finite stay so, and those beyond floats become infinite") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const scratch_folder folder;
  std::string path;
  {
    event_file log(folder.path, 5);
    path = log.path();
    for (const double v : {std::nan(""), 1.0 * infinity, -1.0 * infinity, 1e39, -1e39, 1e-60,
                           1.0 * std::numeric_limits<float>::max()})
      log.scalar(1, "v", v, 0);
  }

  const auto events = events_of(read_text(path));

  REQUIRE(events.size() == 8);
  CHECK(std::isnan(events[1].value));
  CHECK(events[2].value == infinity);
  CHECK(events[3].value == -infinity);
  CHECK(events[4].value == infinity);
  CHECK(events[5].value == -infinity);
  CHECK(events[6].value == 0);
  CHECK(events[7].value == std::numeric_limits<float>::max());
}

TEST_CASE("each opening makes a new file, even within one second, and leaves older ones alone") {
  const scratch_folder folder;
  const std::string directory = folder.path / "runs" / "first";
  std::vector<std::string> paths;

  for (int i = 0; i < 3; ++i) {
    event_file log(directory, 12.75);
    log.scalar(i, "a", i);
    paths.push_back(log.path());
  }

  CHECK(paths[0] != paths[1]);
  CHECK(paths[1] != paths[2]);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::filesystem::path path = paths[i];
    CHECK(path.parent_path() == directory);
    CHECK(path.filename().string().starts_with("events.out.tfevents.0000000012."));
    const auto events = events_of(read_text(path));
    REQUIRE(events.size() == 2);
    CHECK(events[1].value == static_cast<float>(i));
  }
}

TEST_CASE("without one given, the wall time is now") {
  const scratch_folder folder;
  const double before = wall_time();
  std::string path;
  {
    event_file log(folder.path);
    log.scalar(1, "a", 1);
    path = log.path();
  }

  const auto events = events_of(read_text(path));

  REQUIRE(events.size() == 2);
  CHECK(before > 1.6e9);
  CHECK(events[0].seconds >= before);
  CHECK(events[1].seconds >= events[0].seconds);
  CHECK(events[1].seconds <= wall_time());
}

TEST_CASE("the records of a step are in the file when the next step begins, or by flush") {
  const scratch_folder folder;
  event_file log(folder.path, 5);
  const auto records = [&] { return events_of(read_text(log.path())).size(); };

  CHECK(records() == 1);
  log.scalar(1, "a", 1);
  log.scalar(1, "b", 1);
  CHECK(records() == 1);
  log.scalar(2, "a", 1);
  CHECK(records() == 3);
  log.flush();
  CHECK(records() == 4);
}

TEST_CASE("a restart is two records without a value at the step from which numbers come again") {
  const scratch_folder folder;
  event_file log(folder.path, 5);

  log.drop_from(7);
  log.drop_from(0);
  log.flush();

  const auto events = events_of(read_text(log.path()));
  const std::int64_t steps[] = {7, 7, 0, 0};
  REQUIRE(events.size() == 5);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(events[i + 1].restart);
    CHECK(events[i + 1].step == steps[i]);
    CHECK(!events[i + 1].tag);
  }
}

TEST_CASE("a tag that is not UTF-8 is refused and leaves no record") {
  const scratch_folder folder;
  event_file log(folder.path, 5);

  const error e = refusal([&] { log.scalar(1, "caf\xe9", 1); });

  CHECK(e.operation() == "event_file: " + log.path());
  CHECK(e.expected() == "a tag in UTF-8");
  CHECK(e.found() == "an invalid byte at 3");
  log.flush();
  CHECK(events_of(read_text(log.path())).size() == 1);
}

TEST_CASE("a directory that cannot be made or written is refused with the reason of the system") {
  const scratch_folder folder;
  write_text(folder.path / "file", "");

  for (const auto& directory : {folder.path / "file", folder.path / "file" / "run"}) {
    const error e = refusal([&] { event_file log(directory, 5); });
    CHECK(e.operation() == "event_file: " + directory.string());
    CHECK(e.expected() == "a directory, or a place for one");
    CHECK(e.found() == "Not a directory");
  }
  if (::geteuid() != 0) {  // nothing is closed to root
    std::filesystem::permissions(folder.path, std::filesystem::perms{0500});
    const error e = refusal([&] { event_file log(folder.path, 5); });
    std::filesystem::permissions(folder.path, std::filesystem::perms{0700});
    CHECK(e.expected() == "a file that can be read and written");
    CHECK(e.found() == "Permission denied");
  }
}

TEST_CASE("wall times at opening that ten digits of seconds cannot say are refused") {
  const scratch_folder folder;

  for (const double seconds : {-1.0, 1e10, std::nan(""), 1e300}) {
    const error e = refusal([&] { event_file log(folder.path / "run", seconds); });
    CHECK(e.expected() == "a wall time from 0 to 9999999999 seconds");
  }
  CHECK(folder.files() == 0);
}
