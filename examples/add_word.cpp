// How is a word added from outside: a part of the body with its own parameters?
//     cmake --build build --target example_add_word && build/examples/example_add_word
// The part is the positional encoding generator of Chu et al. 2021: x + depthwise_conv(x) over the
// grid of tokens, so that positions follow from their neighbours.
#include <tessera/tessera.hpp>

#include <cstdio>
#include <vector>

namespace ts = tessera;

template <int Kernel>
struct positions_by_conv {
  static_assert(Kernel == 3 || Kernel == 5, "positions_by_conv<Kernel>: Kernel must be 3 or 5");

  // t.x: (grid_height * grid_width, width), in the blocks that stages<...> builds.
  static constexpr void build(ts::graph& g, ts::tokens& t) {
    const ts::graph::scope here(g, ts::label("positions"), t.block);  // a name for each place
    const int d = g.shape_of(t.x).last();
    const ts::value_id w = g.add_parameter("weight", {d, 1, Kernel, Kernel},
                                           ts::initialiser::truncated_normal, 0.02f);
    const ts::value_id b = g.add_parameter("bias", {d}, ts::initialiser::zeros);
    const ts::value_id y =
        ts::emit<"depthwise_conv">(g, {t.x, w, b}, {t.grid_height, t.grid_width, Kernel});
    t.x = ts::emit<"add">(g, {t.x, y});
  }
};

template <class... Parts>
using net_of = ts::vit<ts::image<32, 32, 3>, ts::patch<4>, ts::width<32>, ts::heads<4>,
                       ts::classes<10>, ts::stages<Parts...>>;
using plain = net_of<ts::stage<1>, ts::pool::average<2>, ts::stage<1>>;
using conditional = net_of<ts::stage<1>, positions_by_conv<3>, ts::pool::average<2>, ts::stage<1>,
                           positions_by_conv<3>>;

static_assert(ts::parameters<conditional> == ts::parameters<plain> + 2 * (32 * 9 + 32));

int main() {
  std::printf("plain:       %lld parameters, %lld MACs\n", ts::parameters<plain>, ts::macs<plain>);
  std::printf("conditional: %lld parameters, %lld MACs\n", ts::parameters<conditional>,
              ts::macs<conditional>);
  ts::model<conditional> net;
  std::vector<float> image(3 * 32 * 32, 0.5f), logits(10);
  net.forward(image, logits);
  std::printf("%zu values of positions.1.weight, %.3f is the first logit\n",
              net.parameters()["positions.1.weight"].size(), double(logits[0]));
  return 0;
}

//     plain:       29418 parameters, 1360192 MACs
//     conditional: 30058 parameters, 1383232 MACs
//     288 values of positions.1.weight, 0.042 is the first logit
