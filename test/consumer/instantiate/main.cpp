// Runs two architectures and a training step whose kernels stand in the generated files only.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "models.hpp"

#if !defined(TESSERA_DECLARE_ONLY)
#error "this file was to see declarations only"
#endif

using spelled_out = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>,
                            ts::depth<1>, ts::classes<3>>;

template <class Arch>
bool runs(std::size_t classes) {
  ts::model<Arch> net;
  std::vector<float> images(8 * 8 * 3, 0.5f), logits(classes, -1e30f);
  net.forward(images, logits);
  for (float x : logits)
    if (!(x > -1e3f && x < 1e3f)) return false;
  return true;
}

bool trains() {
  ts::trainer<small_step> run;
  const std::vector<float> images(8 * 8 * 3, 0.5f);
  const std::vector<std::int32_t> label{1};
  const double before = run.step(images, label);
  return run.step(images, label) < before;
}

int main() {
  const bool good = runs<small>(5) && runs<spelled_out>(3) && trains();
  std::puts(good ? "all run" : "wrong logits or losses");
  return good ? 0 : 1;
}
