// Runs a model whose kernels stand in the file that tessera_instantiate() wrote.
#include <cmath>
#include <cstdio>
#include <vector>

#include "models.hpp"

int main() {
  ts::model<small> net;
  const std::vector<float> images(8 * 8 * 3, 0.5f);
  std::vector<float> logits(5, NAN);
  net.forward(images, logits);
  std::printf("%lld parameters, first logit %g\n", ts::parameters<small>, double(logits[0]));
  return std::isfinite(logits[0]) ? 0 : 1;
}
