#include "tessera/tensor/thread_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ts = tessera;

TEST_CASE("a pool has the threads it was asked for, and at least one") {
  CHECK(ts::thread_pool(1).size() == 1);
  CHECK(ts::thread_pool(3).size() == 3);
  CHECK(ts::thread_pool(0).size() >= 1);
  CHECK(ts::thread_pool(-2).size() >= 1);
}

TEST_CASE("every task runs exactly once, whatever the numbers of threads and tasks") {
  for (int threads : {1, 2, 3}) {
    ts::thread_pool pool(threads);
    for (int tasks : {0, 1, 2, 31, 32, 33, 197}) {
      CAPTURE(threads);
      CAPTURE(tasks);
      std::vector<int> runs(static_cast<std::size_t>(tasks), 0);

      pool.run(tasks, [&](int t) { ++runs[static_cast<std::size_t>(t)]; });

      CHECK(runs == std::vector<int>(static_cast<std::size_t>(tasks), 1));
    }
  }
}

TEST_CASE("a negative number of tasks is none") {
  ts::thread_pool pool(2);
  int runs = 0;

  pool.run(-3, [&](int) { ++runs; });

  CHECK(runs == 0);
}

TEST_CASE("a pool may be used again and again, with other functions") {
  for (int threads : {1, 2, 3}) {
    CAPTURE(threads);
    ts::thread_pool pool(threads);
    std::atomic<long> sum{0};

    for (int round = 0; round < 500; ++round) {
      if (round % 2 == 0)
        pool.run(7, [&](int t) { sum += t; });  // 21
      else
        pool.run(3, [&, round](int) { sum += round; });  // 3 * round
    }

    CHECK(sum == 250 * 21 + 3 * 250 * 250);  // the odd numbers below 500 sum to 250^2
  }
}

TEST_CASE("what the caller wrote before a loop the tasks see, and the other way round") {
  ts::thread_pool pool(3);
  std::vector<int> input(100), output(100);

  for (int round = 1; round <= 50; ++round) {
    for (int& x : input) x = round;
    pool.run(100, [&](int t) {
      const auto i = static_cast<std::size_t>(t);
      output[i] = 2 * input[i];
    });
    CHECK(output == std::vector<int>(100, 2 * round));
  }
}

TEST_CASE("a function is used in place: its state survives and it need not be copyable") {
  struct counter {
    std::atomic<int> runs{0};
    counter() = default;
    counter(const counter&) = delete;
    void operator()(int) { ++runs; }
  };
  ts::thread_pool pool(2);
  counter f;

  pool.run(10, f);

  CHECK(f.runs == 10);
}

TEST_CASE("a loop inside a loop runs all its tasks") {
  ts::thread_pool pool(3);
  std::vector<std::atomic<int>> runs(6 * 5);

  pool.run(6, [&](int outer) {
    pool.run(5, [&](int inner) { ++runs[static_cast<std::size_t>(outer * 5 + inner)]; });
  });

  for (const auto& r : runs) CHECK(r == 1);
}

TEST_CASE("two threads may use one pool at a time") {
  ts::thread_pool pool(3);
  std::vector<long> sums(2, 0);
  auto user = [&](std::size_t who) {
    for (int round = 0; round < 200; ++round) {
      std::vector<long> parts(8, 0);
      pool.run(8, [&](int t) { parts[static_cast<std::size_t>(t)] = t + 1; });
      for (long p : parts) sums[who] += p;
    }
  };

  std::thread other(user, 1u);
  user(0u);
  other.join();

  CHECK(sums[0] == 200 * 36);
  CHECK(sums[1] == 200 * 36);
}

TEST_CASE("an exception of a task reaches the caller and the pool goes on") {
  for (int threads : {1, 2, 3}) {
    CAPTURE(threads);
    ts::thread_pool pool(threads);
    for (int round = 0; round < 20; ++round) {
      CHECK_THROWS_WITH_AS(pool.run(16,
                                    [](int t) {
                                      if (t == 5) throw std::runtime_error("task 5");
                                    }),
                           "task 5", std::runtime_error);
      std::atomic<int> sum{0};
      pool.run(4, [&](int t) { sum += t; });
      CHECK(sum == 6);
    }
  }
}

TEST_CASE("of many exceptions one reaches the caller") {
  ts::thread_pool pool(3);
  for (int round = 0; round < 50; ++round)
    CHECK_THROWS_AS(pool.run(9, [](int t) { throw t; }), int);
}

TEST_CASE("an exception of an inner loop reaches the caller of the outer one") {
  ts::thread_pool pool(2);

  auto inner = [](int) { throw std::logic_error("inner"); };
  CHECK_THROWS_AS(pool.run(3, [&](int) { pool.run(3, inner); }), std::logic_error);
}

TEST_CASE("scratch is aligned to 64 bytes, kept while it suffices, and its slots do not meet") {
  std::thread([] {  // a fresh thread: no other test has grown its buffers
    void* first = ts::thread_scratch(0, 1000);
    void* other = ts::thread_scratch(1, 1000);
    std::memset(first, 1, 1000);
    std::memset(other, 2, 1000);

    CHECK(reinterpret_cast<std::uintptr_t>(first) % 64 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(other) % 64 == 0);
    CHECK(static_cast<unsigned char*>(first)[999] == 1);
    CHECK(ts::thread_scratch(0, 1000) == first);
    CHECK(ts::thread_scratch(0, 10) == first);

    void* grown = ts::thread_scratch(0, 100'000);
    std::memset(grown, 3, 100'000);
    CHECK(reinterpret_cast<std::uintptr_t>(grown) % 64 == 0);
    CHECK(ts::thread_scratch(0, 5000) == grown);
    CHECK(ts::thread_scratch(1, 1000) == other);
    CHECK(static_cast<unsigned char*>(other)[999] == 2);
  }).join();
}

// The sanitizers' allocators end the program instead of throwing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool new_throws = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool new_throws = false;
#else
constexpr bool new_throws = true;
#endif
#else
constexpr bool new_throws = true;
#endif
TEST_CASE("scratch that there is no memory for leaves none behind that is too small" *
          doctest::skip(!new_throws)) {
  static_cast<void>(ts::thread_scratch(0, 64));
  CHECK_THROWS_AS(static_cast<void>(ts::thread_scratch(0, SIZE_MAX / 4)), std::bad_alloc);
  void* again = ts::thread_scratch(0, 32);
  REQUIRE(again != nullptr);
  std::memset(again, 1, 32);
}

TEST_CASE("each thread has its own scratch") {
  void* mine = ts::thread_scratch(1, 256);
  void* theirs = nullptr;

  std::thread([&] { theirs = ts::thread_scratch(1, 256); }).join();

  CHECK(mine != theirs);  // mine is alive while theirs was made
}
