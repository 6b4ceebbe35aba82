// Prints the bits of some logits; the same with the headers and with the single include.
#include <cstdio>
#include <vector>

#include <tessera.hpp>

namespace ts = tessera;

using small = ts::vit<ts::image<8, 8, 3>, ts::patch<4>, ts::width<16>, ts::heads<2>, ts::depth<2>,
                      ts::classes<5>>;

int main() {
  std::printf("%lld parameters, %lld MACs\n", ts::parameters<small>, ts::macs<small>);
  ts::model<small> net(7);
  std::vector<float> images(3 * 8 * 8 * 3), logits(3 * 5);
  for (std::size_t i = 0; i < images.size(); ++i)
    images[i] = static_cast<float>(i * 37 % 101) / 50 - 1;
  net.forward(images, logits);
  for (const float x : logits) std::printf("%a\n", static_cast<double>(x));
}
