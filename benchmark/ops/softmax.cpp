// Softmax, log-softmax and dropout: logits of 1000 classes, of every cell of a segmentation, and
// what lies between the layers of ViT-B/16.

#include "op_benchmark.hpp"

namespace {

template <ts::name Op, int Rows, int Width>
void add_with_setting(const std::string& model, std::int64_t batch) {
  add_both(Op.text() + "/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, Rows, Width);
    give(g, ts::emit<Op>(g, {x}, {}, g.add_setting("setting", 0.5)));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_with_setting<"softmax", 1, 1000>("vit_b", 128);
  add_with_setting<"softmax", 56 * 56, 150>("mit_b0", 8);
  add_with_setting<"log_softmax", 1, 1000>("vit_b", 128);
  add_with_setting<"log_softmax", 56 * 56, 150>("mit_b0", 8);
  add_with_setting<"dropout", 197, 768>("vit_b", 8);
  add_with_setting<"dropout", 65, 64>("demo", 128);
  return run_benchmarks(argc, argv);
}
