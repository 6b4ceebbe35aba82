#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/model/make_model.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace ts = tessera;

namespace {

std::atomic<long> allocations{0};

void* allocate(std::size_t bytes, std::size_t align) {
  ++allocations;
  void* p = std::aligned_alloc(align, (bytes + align - 1) / align * align);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) { return allocate(bytes, 16); }
[[gnu::noinline]] void* operator new[](std::size_t bytes) { return allocate(bytes, 16); }
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t a) {
  return allocate(bytes, static_cast<std::size_t>(a));
}
[[gnu::noinline]] void* operator new[](std::size_t bytes, std::align_val_t a) {
  return allocate(bytes, static_cast<std::size_t>(a));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}

TEST_CASE_TEMPLATE("the second forward of a batch size allocates nothing", Backend, ts::reference,
                   ts::cpu) {
  ts::thread_pool pool(1);  // of several threads any may take its first task late
  ts::model<micro::vit_odd, Backend, float> net(0, &pool);
  const auto images = golden::filled<float>("input", {3, 3, 30, 20});
  std::vector<float> y(3 * 7);
  const long before_first = allocations;
  net.forward(images, y);
  CHECK(allocations > before_first);  // the counter counts

  const long before = allocations;
  net.forward(images, y);
  net.forward(std::span(images).first(3 * 30 * 20), std::span(y).first(7));
  net.forward(std::span(images).first(3 * 30 * 20), std::span(y).first(7));
  net.forward(images, y);

  CHECK(allocations - before <= 0);
}
