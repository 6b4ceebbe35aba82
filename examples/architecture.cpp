// How is an architecture written, counted and looked at?
//     cmake --build build --target example_architecture && build/examples/example_architecture
// With Graphviz: dot -Tsvg example_architecture.dot > exits.svg
#include <tessera/tessera.hpp>

#include <fstream>
#include <iostream>

namespace ts = tessera;

using vit_b = ts::vit<ts::image<224, 224, 3>, ts::patch<16>, ts::width<768>, ts::heads<12>,
                      ts::depth<12>, ts::classes<1000>>;

// The compiler counts; a wrong number, or a width that the heads do not divide, stops it.
static_assert(ts::parameters<vit_b> == 86'567'656);
static_assert(ts::macs<vit_b> == 17'563'828'224);

using tiny = ts::vit<ts::image<32, 32, 3>, ts::patch<8>, ts::width<64>, ts::heads<4>, ts::depth<4>,
                     ts::classes<10>>;
using tiny_exits = ts::early_exit<tiny, ts::exit_at<2, ts::exit_head::linear>>;

int main() {
  ts::print<vit_b>(std::cout);
  std::cout << "\nan exit adds " << ts::parameters<tiny_exits> - ts::parameters<tiny>
            << " parameters\n";
  std::ofstream file("example_architecture.dot");
  ts::to_dot<tiny_exits>(file);
  return file.good() ? 0 : 1;
}

// With ts::cpu, a further column "fused into" says add_layer_norm at add and norm2 of each block and
// linear_gelu at mlp.fc1 and mlp.
//
//     node              op             output          parameters            MACs        bytes
//     patch_embed.proj  unfold         B x 196 x 768            -               -      602,112
//     patch_embed.proj  linear         B x 196 x 768      590,592     115,605,504      602,112
//     .                 prepend_token  B x 197 x 768          768               -      605,184
//     .                 add_position   B x 197 x 768      151,296               -      605,184
//     blocks.0 ... blocks.11, 12 times, each:
//       norm1           layer_norm     B x 197 x 768        1,536               -      605,184
//       attn.qkv        linear         B x 197 x 2304   1,771,776     348,585,984    1,815,552
//       attn            attention      B x 197 x 768            -      59,610,624      605,184
//       attn.proj       linear         B x 197 x 768      590,592     116,195,328      605,184
//       .               add            B x 197 x 768            -               -      605,184
//       norm2           layer_norm     B x 197 x 768        1,536               -      605,184
//       mlp.fc1         linear         B x 197 x 3072   2,362,368     464,781,312    2,420,736
//       mlp             gelu           B x 197 x 3072           -               -    2,420,736
//       mlp.fc2         linear         B x 197 x 768    2,360,064     464,781,312      605,184
//       .               add            B x 197 x 768            -               -      605,184
//     norm              layer_norm     B x 197 x 768        1,536               -      605,184
//     .                 slice_rows     B x 1 x 768              -               -        3,072
//     head              linear         B x 1000           769,000         768,000        4,000
//     total             127 nodes                      86,567,656  17,563,828,224  133,746,592
//
//     an exit adds 778 parameters
