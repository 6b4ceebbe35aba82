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
