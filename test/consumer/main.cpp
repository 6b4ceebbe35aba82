// The program of the consumers that only differ in how they find tessera.
#include <atomic>
#include <cstdio>

#include <tessera/tensor/thread_pool.hpp>
#include <tessera/version.hpp>

int main() {
  tessera::thread_pool pool(2);
  std::atomic<int> sum{0};
  pool.run(10, [&](int task) { sum += task; });
  std::printf("tessera %d: %d\n", TESSERA_VERSION, sum.load());
  return sum == 45 ? 0 : 1;
}
