#include "tessera/data/prefetch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/formula.hpp"
#include "tessera/data/mix.hpp"
#include "tessera/data/random_erase.hpp"
#include "tessera/data/random_resized_crop.hpp"

using namespace tessera;

namespace {

using numbers = std::vector<std::int64_t>;

// Waits for a condition that other threads bring about; false after ten seconds.
bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 10'000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace

TEST_CASE("every batch comes once and in order, whatever the numbers of workers and buffers") {
  for (const int workers : {1, 2, 5})
    for (const int depth : {1, 2, 7})
      for (const std::int64_t batches : {0, 1, 2, 33, 197}) {
        CAPTURE(workers);
        CAPTURE(depth);
        CAPTURE(batches);
        prefetcher<numbers> ahead(batches, workers, depth, numbers(3),
                                  [](std::int64_t i, numbers& b) {
                                    if (i % 5 == 0) std::this_thread::yield();
                                    std::fill(b.begin(), b.end(), i * i);
                                  });
        std::int64_t expected = 0;
        while (const numbers* b = ahead.next()) {
          REQUIRE(*b == numbers(3, expected * expected));
          ++expected;
        }
        CHECK(expected == batches);
        CHECK(ahead.next() == nullptr);
      }
}

TEST_CASE("workers run ahead by the depth and the buffer in hand, and no further") {
  std::atomic<std::int64_t> begun{0};
  prefetcher<int> ahead(100, 3, 4, 0, [&](std::int64_t i, int& b) {
    ++begun;
    b = static_cast<int>(i);
  });
  const auto settles_at = [&](std::int64_t n) {
    const bool reached = eventually([&] { return begun >= n; });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return reached && begun == n;
  };

  CHECK(settles_at(5));  // none is in hand yet
  CHECK(*ahead.next() == 0);
  CHECK(settles_at(5));  // batch 0 is in hand, 1 to 4 are ready
  CHECK(*ahead.next() == 1);
  CHECK(settles_at(6));
}

TEST_CASE("two workers make two batches at the same time") {
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  prefetcher<int> ahead(2, 2, 2, 0, [&](std::int64_t, int&) {
    ++inside;
    if (eventually([&] { return inside == 2; })) met = true;
  });

  while (ahead.next() != nullptr) {
  }

  CHECK(met);
}

TEST_CASE("buffers are the same few again and again, with the memory they had") {
  std::set<const numbers*> buffers;
  std::set<const std::int64_t*> memory;
  prefetcher<numbers> ahead(200, 2, 3, numbers(16), [](std::int64_t i, numbers& b) {
    b.assign(static_cast<std::size_t>(i % 16), i);
  });

  while (const numbers* b = ahead.next()) {
    buffers.insert(b);
    memory.insert(b->data());
  }

  CHECK(buffers.size() == 4);
  CHECK(memory.size() == 4);
}

TEST_CASE("the batch in hand is not touched until the next call, and may be changed") {
  prefetcher<numbers> ahead(50, 3, 2, numbers(8), [](std::int64_t i, numbers& b) {
    std::fill(b.begin(), b.end(), i);
  });
  std::int64_t expected = 0;
  while (numbers* b = ahead.next()) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    REQUIRE(*b == numbers(8, expected++));
    std::fill(b->begin(), b->end(), -1);
  }
  CHECK(expected == 50);
}

TEST_CASE("an exception comes out at its batch, and the next call goes on") {
  for (const int workers : {1, 3}) {
    CAPTURE(workers);
    prefetcher<std::int64_t> ahead(10, workers, 2, 0, [](std::int64_t i, std::int64_t& b) {
      if (i == 4) throw std::runtime_error("four");
      if (i == 9) throw 9;
      b = i;
    });

    for (std::int64_t i = 0; i < 9; ++i) {
      CAPTURE(i);
      if (i == 4)
        CHECK_THROWS_WITH_AS(ahead.next(), "four", std::runtime_error);
      else
        CHECK(*ahead.next() == i);
    }
    CHECK_THROWS_AS(ahead.next(), int);
    CHECK(ahead.next() == nullptr);
  }
}

TEST_CASE("a prefetcher may end at any batch; what was not begun never is") {
  for (const int taken : {0, 1, 5}) {
    CAPTURE(taken);
    std::atomic<int> begun{0}, ended{0};
    {
      prefetcher<int> ahead(1'000, 3, 4, 0, [&](std::int64_t i, int&) {
        ++begun;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++ended;
        if (i % 3 == 2) throw std::runtime_error("never asked for");
      });
      for (int i = 0; i < taken; ++i) {
        try {
          ahead.next();
        } catch (const std::runtime_error&) {
        }
      }
    }
    CHECK(begun == ended);
    CHECK(begun <= taken + 4 + 1);
    const int before = begun;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(begun == before);
  }
}

TEST_CASE("arguments out of range are errors") {
  const auto make = [](std::int64_t, int&) {};

  CHECK_THROWS_AS(prefetcher<int>(-1, 1, 1, 0, make), error);
  CHECK_THROWS_AS(prefetcher<int>(1, 0, 1, 0, make), error);
  CHECK_THROWS_AS(prefetcher<int>(1, 1, 0, 0, make), error);
  CHECK_THROWS_AS(prefetcher<int>(1, 1, 1, 0, nullptr), error);
}

TEST_CASE("augmented batches are the same for any number of workers, bit for bit") {
  struct batch {
    resampler<float> resize{16, 16};
    std::vector<rectangle> crops = std::vector<rectangle>(8);
    std::vector<std::uint8_t> flip = std::vector<std::uint8_t>(8);
    std::vector<float> images = std::vector<float>(8 * 3 * 16 * 16);
  };
  std::vector<std::uint8_t> pixels(20 * 3 * 24 * 28);
  golden::golden_labels<std::uint8_t>("prefetch.pixels", 256, pixels);
  const image_view set{pixels, 3, 24, 28};
  const std::vector<float> mean(3, 0.5f), stddev(3, 0.25f);
  const random_key key = 9;
  const auto make = [&](std::int64_t i, batch& b) {
    std::vector<int> indices;
    for (int n = 0; n < 8; ++n) indices.push_back(static_cast<int>((i * 8 + n) % 20));
    const auto step = static_cast<std::uint64_t>(i);
    for (std::size_t n = 0; n < 8; ++n) {
      const auto sample = static_cast<std::uint64_t>(indices[n]);
      b.crops[n] = draw_crop(24, 28, crop_law, key, step, sample);
      b.flip[n] = draw_flip(key, step, sample);
    }
    gather_crops(set, indices, b.crops, mean, stddev, b.flip, b.resize, b.images);
    for (std::size_t n = 0; n < 8; ++n) {
      const auto sample = static_cast<std::uint64_t>(indices[n]);
      erase_pixels(std::span(b.images).subspan(n * 3 * 256, 3 * 256), 3, 16, 16,
                   draw_erase(16, 16, erase_law, 0.5, key, step, sample), erase_fill::noise, key,
                   step, sample);
    }
    mix_images(b.images, 3, 16, 16, draw_mix(16, 16, {}, key, step));
  };
  std::vector<std::vector<float>> expected;
  batch alone;
  for (std::int64_t i = 0; i < 12; ++i) {
    make(i, alone);
    expected.push_back(alone.images);
  }
  REQUIRE(expected[0] != expected[5]);  // the same images, another step

  for (const int workers : {1, 2, 3}) {
    CAPTURE(workers);
    prefetcher<batch> ahead(12, workers, 2, batch{}, make);
    std::size_t i = 0;
    while (const batch* b = ahead.next()) CHECK(b->images == expected[i++]);
    CHECK(i == 12);
  }
}
