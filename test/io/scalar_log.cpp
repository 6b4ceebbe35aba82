#include "tessera/io/scalar_log.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "support/refusal.hpp"
#include "support/scratch_folder.hpp"

using namespace tessera;
using support::refusal;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct row {
  std::int64_t step;
  std::string tag;
  double value;
};

template <class Log>
std::string written(const std::vector<row>& rows) {
  const scratch_folder folder;
  {
    Log log(folder.path / "run");
    for (const auto& r : rows) log.scalar(r.step, r.tag, r.value);
  }
  return read_text(folder.path / "run");
}

// A sink of a user, who only counts.
struct counting_sink {
  int scalars = 0;
  void scalar(std::int64_t, std::string_view, double) { ++scalars; }
  void drop_from(std::int64_t) {}
  void flush() {}
};

struct without_flush {
  void scalar(std::int64_t, std::string_view, double) {}
  void drop_from(std::int64_t) {}
};

static_assert(scalar_sink<csv_log> && scalar_sink<jsonl_log> && scalar_sink<counting_sink>);
static_assert(!scalar_sink<without_flush> && !scalar_sink<std::string>);

}  // namespace

TEST_CASE("rows are step, tag and value in the order in which they came") {
  const std::vector<row> rows{{1, "train/loss", 2.5}, {1, "lr", 1e-3}, {2, "train/loss", -0.0}};

  CHECK(written<csv_log>(rows) ==
        "step,tag,value\n1,train/loss,2.5\n1,lr,0.001\n2,train/loss,-0\n");
  CHECK(written<jsonl_log>(rows) ==
        "{\"step\":1,\"tag\":\"train/loss\",\"value\":2.5}\n"
        "{\"step\":1,\"tag\":\"lr\",\"value\":0.001}\n"
        "{\"step\":2,\"tag\":\"train/loss\",\"value\":-0}\n");
}

TEST_CASE("numbers are the shortest that read back exactly, over their whole ranges") {
  const std::vector<row> rows{{std::numeric_limits<std::int64_t>::min(), "a", 0.1},
                              {std::numeric_limits<std::int64_t>::max(), "a", 1e300},
                              {0, "a", 5e-324},
                              {-1, "a", -2.2250738585072014e-308}};

  CHECK(written<csv_log>(rows) ==
        "step,tag,value\n-9223372036854775808,a,0.1\n9223372036854775807,a,1e+300\n0,a,5e-324\n"
        "-1,a,-2.2250738585072014e-308\n");
}

TEST_CASE("numbers that are not finite are nan, inf and -inf in CSV and null in JSON") {
  const std::vector<row> rows{
      {1, "a", not_a_number}, {1, "a", -not_a_number}, {1, "a", infinity}, {1, "a", -infinity}};

  CHECK(written<csv_log>(rows) == "step,tag,value\n1,a,nan\n1,a,nan\n1,a,inf\n1,a,-inf\n");
  std::string nulls;
  for (int i = 0; i < 4; ++i) nulls += "{\"step\":1,\"tag\":\"a\",\"value\":null}\n";
  CHECK(written<jsonl_log>(rows) == nulls);
}

TEST_CASE("CSV quotes tags with commas, quotes and line breaks, and no others") {
  CHECK(
      written<csv_log>({{1, "a,b", 1}, {1, "say \"x\"", 1}, {1, "two\nlines", 1}, {1, "c\r", 1}}) ==
      "step,tag,value\n1,\"a,b\",1\n1,\"say \"\"x\"\"\",1\n1,\"two\nlines\",1\n1,\"c\r\",1\n");
  CHECK(written<csv_log>({{1, "", 1}, {1, " a;b\t'c'\\", 1}, {1, "\u00b5\u20ac\U0001f642", 1}}) ==
        "step,tag,value\n1,,1\n1, a;b\t'c'\\,1\n1,\u00b5\u20ac\U0001f642,1\n");
}

TEST_CASE("JSON escapes quotes, backslashes and control characters, and no others") {
  const std::string tag("\"\\\n\x1f\0/\x7f\u20ac", 10);

  CHECK(written<jsonl_log>({{1, tag, 1}}) ==
        "{\"step\":1,\"tag\":\"\\\"\\\\\\u000a\\u001f\\u0000/\x7f\u20ac\",\"value\":1}\n");
}

TEST_CASE_TEMPLATE("a tag that is not UTF-8 is refused with its place, and no row of it is written",
                   Log, csv_log, jsonl_log) {
  const scratch_folder folder;
  Log log(folder.path / "run");
  log.scalar(1, "good", 1);
  log.flush();
  const std::string before = read_text(folder.path / "run");

  // A lone follower, a cut character, an overlong slash, a surrogate, one beyond U+10FFFF, 0xff.
  for (const std::string_view bad :
       {"ab\x80", "ab\xe2\x82", "ab\xc0\xaf", "ab\xe0\x80\xaf", "ab\xed\xa0\x80",
        "ab\xf4\x90\x80\x80", "ab\xf0\x80\x80\x80", "ab\xff", "ab\xc3("}) {
    const error e = refusal([&] { log.scalar(2, bad, 1); });
    CHECK(e.expected() == "a tag in UTF-8");
    CHECK(e.found() == "an invalid byte at 2");
  }
  log.flush();
  CHECK(read_text(folder.path / "run") == before);
}

TEST_CASE_TEMPLATE("a log that is opened again goes on behind its last row", Log, csv_log,
                   jsonl_log) {
  const scratch_folder folder;
  const auto path = folder.path / "run";

  for (int step = 1; step <= 3; ++step) Log(path).scalar(step, "a", step);

  CHECK(read_text(path) == written<Log>({{1, "a", 1}, {2, "a", 2}, {3, "a", 3}}));
}

TEST_CASE_TEMPLATE("a log cut at any byte is opened with its whole rows, and goes on", Log, csv_log,
                   jsonl_log) {
  const std::vector<row> rows{{1, "a\n\"b\",\n", 0.25}, {2, "loss", 12.5}, {2, "", not_a_number}};
  const row next{3, "loss", 1};
  std::vector<std::string> whole{written<Log>({})};  // after so many rows
  std::vector<std::string> goes_on{written<Log>({next})};
  for (std::size_t n = 1; n <= rows.size(); ++n) {
    std::vector<row> some(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(n));
    whole.push_back(written<Log>(some));
    some.push_back(next);
    goes_on.push_back(written<Log>(some));
  }
  const scratch_folder folder;
  const auto path = folder.path / "run";

  for (std::size_t size = 0; size <= whole.back().size(); ++size) {
    CAPTURE(size);
    std::size_t kept = rows.size();
    while (kept > 0 && whole[kept].size() > size) --kept;
    write_text(path, std::string_view(whole.back()).substr(0, size));
    {
      Log log(path);
      REQUIRE(read_text(path) == whole[kept]);
      log.scalar(next.step, next.tag, next.value);
    }
    REQUIRE(read_text(path) == goes_on[kept]);
  }
}

TEST_CASE_TEMPLATE("drop_from takes out rows of that step and later, wherever they stand", Log,
                   csv_log, jsonl_log) {
  const scratch_folder folder;
  const auto path = folder.path / "run";
  Log log(path);
  for (const row& r : {row{-1, "a", 1}, {10, "a\n9,b", 1}, {11, "a", 1}, {2, "b", 1}, {12, "a", 1}})
    log.scalar(r.step, r.tag, r.value);
  ::chmod(path.c_str(), 0640);

  log.drop_from(11);  // rows that wait are among the rows
  CHECK(read_text(path) == written<Log>({{-1, "a", 1}, {10, "a\n9,b", 1}, {2, "b", 1}}));
  log.scalar(11, "a", 2);
  log.flush();
  CHECK(read_text(path) ==
        written<Log>({{-1, "a", 1}, {10, "a\n9,b", 1}, {2, "b", 1}, {11, "a", 2}}));
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms{0640});

  log.drop_from(std::numeric_limits<std::int64_t>::min());
  CHECK(read_text(path) == written<Log>({}));
  CHECK(folder.files() == 1);
}

TEST_CASE_TEMPLATE("drop_from leaves the file alone when there is nothing to drop", Log, csv_log,
                   jsonl_log) {
  const scratch_folder folder;
  const auto path = folder.path / "run";
  Log log(path);
  log.scalar(4, "a", 1);
  log.flush();
  struct stat before {
  }, after{};
  REQUIRE(::stat(path.c_str(), &before) == 0);

  log.drop_from(5);

  REQUIRE(::stat(path.c_str(), &after) == 0);
  CHECK(after.st_ino == before.st_ino);
  CHECK(read_text(path) == written<Log>({{4, "a", 1}}));
}

TEST_CASE_TEMPLATE("drop_from refuses rows that no such log wrote, and changes nothing", Log,
                   csv_log, jsonl_log) {
  const scratch_folder folder;
  const auto path = folder.path / "run";
  const std::string text = written<Log>({{1, "a", 1}}) + "twelve,a,1\n" + "13,a,1\n";
  write_text(path, text);
  Log log(path);

  const error e = refusal([&] { log.drop_from(1); });

  CHECK(e.operation().ends_with("_log: " + path.string()));
  CHECK(e.expected() == "rows as this log writes them");
  CHECK(e.found() == "another at 2");
  CHECK(read_text(path) == text);
}

TEST_CASE_TEMPLATE("the rows of a step are in the file when the next step begins, or by flush", Log,
                   csv_log, jsonl_log) {
  const scratch_folder folder;
  const auto path = folder.path / "run";
  Log log(path);

  log.scalar(1, "a", 1);
  log.scalar(1, "b", 1);
  log.scalar(2, "a", 1);
  CHECK(read_text(path) == written<Log>({{1, "a", 1}, {1, "b", 1}}));
  log.flush();
  CHECK(read_text(path) == written<Log>({{1, "a", 1}, {1, "b", 1}, {2, "a", 1}}));
}

TEST_CASE_TEMPLATE("a file that is no such log is refused and stays as it is", Log, csv_log,
                   jsonl_log) {
  const scratch_folder folder;
  const auto path = folder.path / "notes";

  for (const std::string_view text : {"notes without a line break", "step,tag\n1,2\n", "[1]\n"}) {
    write_text(path, text);
    const error e = refusal([&] { Log log(path); });
    CHECK(e.operation().ends_with("_log: " + path.string()));
    CHECK(e.expected().starts_with("a file that begins with "));
    CHECK(e.found() == "another beginning");
    CHECK(read_text(path) == text);
  }
}

TEST_CASE("a path that cannot be a file is refused with the reason of the system") {
  const scratch_folder folder;
  write_text(folder.path / "file", "");
  REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);

  const error missing = refusal([&] { csv_log log(folder.path / "none" / "run.csv"); });
  CHECK(missing.operation() == "csv_log: " + (folder.path / "none" / "run.csv").string());
  CHECK(missing.expected() == "a file that can be read and written");
  CHECK(missing.found() == "No such file or directory");
  CHECK(refusal([&] { jsonl_log log(folder.path / "file" / "run"); }).found() == "Not a directory");
  CHECK(refusal([&] { jsonl_log log(folder.path); }).found() == "Is a directory");
  CHECK(refusal([&] { csv_log log(folder.path / "pipe"); }).expected() == "a regular file");
}

TEST_CASE_TEMPLATE("a full disk is an error of flush, and a later flush goes on at the same byte",
                   Log, csv_log, jsonl_log) {
  const std::vector<row> rows{{1, "a", 1}, {1, "b", 2}};
  const std::string whole = written<Log>(rows);
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual) == 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);  // then write() reports EFBIG

  for (std::size_t room = written<Log>({}).size(); room < whole.size(); ++room) {
    const scratch_folder folder;
    std::string found, when_full, retried, refused_row;
    {
      Log log(folder.path / "run");
      for (const auto& r : rows) log.scalar(r.step, r.tag, r.value);
      rlimit limit = usual;
      limit.rlim_cur = room;
      ::setrlimit(RLIMIT_FSIZE, &limit);
      found = refusal([&] { log.flush(); }).expected();
      refused_row = refusal([&] { log.scalar(2, "lost", 3); }).expected();
      ::setrlimit(RLIMIT_FSIZE, &usual);
      when_full = read_text(folder.path / "run");
      log.flush();
      retried = read_text(folder.path / "run");
    }
    REQUIRE(found == "room for its bytes");
    REQUIRE(refused_row == "room for its bytes");
    REQUIRE(when_full == whole.substr(0, room));
    REQUIRE(retried == whole);
  }
  ::signal(SIGXFSZ, handler);
}
