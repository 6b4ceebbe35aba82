#pragma once
// A small member of each family of the zoo, and how far it is from PyTorch: parity<P, F> runs
// member F at precision P against the files of test/golden. Its functions are defined in
// families_run.hpp and compiled once for each pair, in the golden_*.cpp that tests the family;
// files that only read the numbers (golden_adamw.cpp, parity_table.cpp) link to those.

#include <cstdint>
#include <tuple>
#include <vector>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/arch/tapped.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/zoo/swin.hpp"

namespace golden {

// Largest deviations, each over the largest value of what is compared.
struct first_step {
  double outputs = 0;    // in evaluation: logits, of an auto-encoder pixels; the worst of several
  double loss = 0;       // in training
  double gradients = 0;  // of all parameters, over the largest gradient of all
};
struct ten_steps {
  double losses = 0;   // before each of ten steps of AdamW and after the last
  double outputs = 0;  // in evaluation, after the last
  double finals = 0;   // of the parameters that the file keeps, after the last
  int compared = 0;    // how many these are
};

template <class P, class F>
struct parity {
  static first_step first();
  static ten_steps ten();
};

namespace family {

template <class A, class Loss = ts::loss::cross_entropy<>, class... Terms>
using step = ts::train<A, ts::adamw, ts::term<ts::weight<1>, Loss>, Terms...>;

// Three images with a label each, from files and weights named after the member. `tensors` counts
// the parameters, `finals` those whose last values families_adamw.safetensors keeps.
template <class A>
struct member {
  using served = A;
  using step = family::step<A>;
  static std::vector<const char*> outputs() { return {"logits"}; }
  static std::vector<int> images() { return {3, 3, 32, 32}; }
  static std::vector<std::int32_t> labels() { return golden::labels(3, 10); }
  static constexpr bool masked = false;
};
// The parameters of vit and mae have no prefix.
template <class A>
struct bare : member<A> {
  static constexpr const char* prefix = "";
};

struct vit : bare<micro::vit> {
  static constexpr const char *title = "ViT", *reference = "timm", *name = "vit",
                              *file = "vit_micro";
  static constexpr int tensors = 32, finals = 17;
};

template <int W, class... Words>
using small_vit = ts::vit<ts::image<32, W>, ts::patch<8>, ts::width<32>, ts::heads<2>, ts::depth<1>,
                          ts::classes<10>, Words...>;

struct deit : member<small_vit<32, ts::distillation_token, ts::head::distilled>> {
  static constexpr const char *title = "DeiT, distilled", *reference = "timm", *name = "deit",
                              *file = "families", *prefix = "deit.";
  static constexpr int tensors = 23, finals = 15;
};

struct registers : member<small_vit<24, ts::registers<3>, ts::layer_scale<1, -1>,
                                    ts::global_pool::average, ts::no_qkv_bias>> {
  static constexpr const char *title = "ViT: registers, LayerScale, average pooling",
                              *reference = "timm", *name = "registers", *file = "families",
                              *prefix = "registers.";
  static constexpr int tensors = 22, finals = 15;
  static std::vector<int> images() { return {3, 3, 32, 24}; }
};

struct swin : member<ts::zoo::swin<ts::image<32>, ts::patch<4, ts::normed>, 16, 4, 10,
                                   ts::layer<2, ts::heads<2>>, ts::layer<2, ts::heads<4>>>> {
  static constexpr const char *title = "Swin", *reference = "timm", *name = "swin",
                              *file = "families", *prefix = "swin.";
  static constexpr int tensors = 63, finals = 42;
};

struct mit
    : member<ts::vit<ts::image<32>, ts::classes<10>, ts::global_pool::mean, micro::mix_stages>> {
  static constexpr const char *title = "MiT, classifying", *reference = "transformers",
                              *name = "mit", *file = "families_more", *prefix = "mit.";
  static constexpr int tensors = 66, finals = 44;
};

struct segformer : member<micro::segformer> {
  static constexpr const char *title = "SegFormer", *reference = "transformers",
                              *name = "segformer", *file = "families", *prefix = "segformer.";
  static constexpr int tensors = 73, finals = 51;
  static std::vector<int> images() { return {2, 3, 32, 32}; }
  static std::vector<std::int32_t> labels() {
    std::vector<std::int32_t> cells(2 * 8 * 8);
    golden_labels<std::int32_t>("cells", 5, cells);
    return cells;
  }
};

struct mae : bare<micro::mae> {
  using step = family::step<micro::mae, ts::loss::masked_reconstruction>;
  static constexpr const char *title = "MAE", *reference = "plain torch, timm's blocks",
                              *name = "mae", *file = "mae_micro";
  static constexpr int tensors = 48, finals = 29;
  static constexpr bool masked = true;
  static std::vector<const char*> outputs() { return {"pred"}; }
  static std::vector<int> images() { return {2, 3, 32, 32}; }
  static std::vector<std::int32_t> labels() { return {}; }
};

template <class... Words>
using narrow_vit =
    ts::vit<ts::image<32>, ts::patch<4>, ts::width<16>, ts::heads<2>, ts::classes<10>, Words...>;

struct pooled : member<narrow_vit<ts::stages<ts::stage<1>, ts::pool::average<2>, ts::stage<1>,
                                             ts::pool::conv<2>, ts::stage<1>>>> {
  static constexpr const char *title = "ViT: stages and pooling",
                              *reference = "plain torch, timm's blocks", *name = "pooled",
                              *file = "families_more", *prefix = "pooled.";
  static constexpr int tensors = 45, finals = 29;
};

using one_exit =
    ts::early_exit<narrow_vit<ts::depth<2>>, ts::exit_at<1, ts::exit_head::local_perception<3>>>;
struct early_exit : member<one_exit> {
  using served = ts::tapped<one_exit, "output", "exits.0">;
  using step = family::step<one_exit, ts::loss::cross_entropy<>,
                            ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>>;
  static constexpr const char *title = "ViT: early exit", *reference = "plain torch, timm's blocks",
                              *name = "early_exit", *file = "families_more",
                              *prefix = "early_exit.";
  static constexpr int tensors = 46, finals = 31;
  static std::vector<const char*> outputs() { return {"logits", "exit_logits"}; }
};

using all = std::tuple<vit, deit, registers, swin, mit, segformer, mae, pooled, early_exit>;

}  // namespace family
}  // namespace golden
