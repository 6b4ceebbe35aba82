// How is a loss added from outside?
//     cmake --build build --target example_add_loss && build/examples/example_add_loss
// The loss is the disagreement of two places in a network, here of an early exit and the classifier
// behind it: the mean of (a - b)^2 over batch and classes, with gradients to both.
#include <tessera/tessera.hpp>

#include <cstdint>
#include <cstdio>
#include <vector>

namespace ts = tessera;

template <ts::name A, ts::name B>
struct disagreement {
  // A scalar; what it reads are the inputs of the step or taps of the towers, by name.
  static constexpr ts::value_id build(ts::graph& g, ts::step_context&) {
    return ts::emit<"mse">(g, {g.find_tap(A.hash()), g.find_tap(B.hash())});
  }
};

using tiny = ts::early_exit<ts::vit<ts::image<8, 8, 1>, ts::patch<4>, ts::width<16>, ts::heads<2>,
                                    ts::depth<2>, ts::classes<3>>,
                            ts::exit_at<1, ts::exit_head::linear>>;
using step = ts::train<tiny, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>,
                       ts::term<ts::weight<1, 2>, disagreement<"exits.0", "head">>>;

// Trains on three images, each with its own grey; the weight of a term is a setting of a run.
double train(double weight) {
  std::vector<float> images;
  for (int i = 0; i < 3 * 64; ++i) images.push_back(static_cast<float>(i / 64) - 1);
  const std::vector<std::int32_t> labels{0, 1, 2};
  ts::trainer<step> run(1);
  run.set("optimizer.lr", 3e-3);
  run.set("term.1.weight", weight);
  for (int i = 0; i < 60; ++i) run.step(images, labels);
  std::printf("weight %.1f: cross entropy %.2f, disagreement %.3f\n", weight, run.loss(0),
              run.loss(1));
  return run.loss(1);
}

int main() {
  const double alone = train(0), together = train(0.5);
  return together < alone / 10 ? 0 : 1;
}

//     weight 0.0: cross entropy 0.05, disagreement 2.778
//     weight 0.5: cross entropy 0.06, disagreement 0.001
