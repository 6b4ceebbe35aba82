// Windows of Swin-T, shifted, at its first and third stage: cut, attended to with the bias by
// relative position, put together. decomposed_attention: a window of ViTDet on ViT-B.

#include "op_benchmark.hpp"

namespace {

template <int Side, int D, int H>
void add_windows(const std::string& model, std::int64_t batch) {
  static constexpr int windows = Side / 7, tokens = 49;
  add_both("to_windows/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"to_windows">(g, {rows(g, Side * Side, D)}, {Side, Side, 7, 7, 3, 3}));
  });
  add_both("window_attention/" + model, batch, [](ts::graph& g) {
    const ts::value_id qkv = input(g, "qkv", {windows * windows, 1, 2, {tokens, 3 * D}});
    const ts::value_id bias = weight(g, "bias", {H, tokens, tokens});
    give(g, ts::emit<"window_attention">(g, {qkv, bias}, {H, windows, windows, 7, 3, 3}), 2);
  });
  add_both("relative_bias/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"relative_bias">(g, {weight(g, "table", {13 * 13, H})}, {7, 7}));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_windows<56, 96, 3>("swin_t_1", 8);
  add_windows<14, 384, 12>("swin_t_3", 8);
  add_both("decomposed_attention/vitdet_b", 4, [](ts::graph& g) {
    const ts::value_id qkv = rows(g, 14 * 14, 3 * 768);
    const ts::value_id down = weight(g, "down", {27, 64}), across = weight(g, "across", {27, 64});
    give(g, ts::emit<"decomposed_attention">(g, {qkv, down, across}, {12, 14}), 2);
  });
  return run_benchmarks(argc, argv);
}
