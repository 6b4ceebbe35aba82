// How many distinct kernels each model of the zoo compiles, to infer and to take a step of training:
// they follow from its shapes, not from its depth. Compiled at half of the compilers' default limits
// of constant evaluation, so that a user's model may be twice as large.
#include "tessera/graph/signature.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/train/step.hpp"
#include "tessera/zoo/mae.hpp"
#include "tessera/zoo/mit.hpp"
#include "tessera/zoo/swin.hpp"
#include "tessera/zoo/vit.hpp"

namespace ts = tessera;
using namespace ts::zoo;

namespace {

// Of a network without a head.
struct to_itself {
  static constexpr ts::value_id build(ts::graph& g, ts::step_context& c) {
    return ts::loss::mse::between(g, c.output, c.output);
  }
};

constexpr int kernels_of(const ts::graph& g) {
  return g.ok() ? ts::collect_signatures(g, true).count : -static_cast<int>(g.found.code);
}
template <class A>
constexpr int inference = kernels_of(ts::build_graph<A>(false));
template <class A, class Loss = ts::loss::cross_entropy<>>
constexpr int training =
    kernels_of(ts::train<A, ts::adamw, ts::term<ts::weight<1>, Loss>>::gradient());

static_assert(inference<vit_tiny_patch16_224> == 13);
static_assert(training<vit_tiny_patch16_224> == 33);
static_assert(inference<vit_small_patch16_224> == 14);
static_assert(training<vit_small_patch16_224> == 35);
static_assert(inference<vit_base_patch16_224> == 13);
static_assert(training<vit_base_patch16_224> == 33);
static_assert(inference<vit_large_patch16_224> == 14);
static_assert(training<vit_large_patch16_224> == 35);
static_assert(inference<vit_huge_patch14_224> == 14);
static_assert(training<vit_huge_patch14_224> == 35);
static_assert(inference<deit_tiny_patch16_224> == 13);
static_assert(training<deit_tiny_patch16_224> == 33);
static_assert(inference<deit_small_patch16_224> == 14);
static_assert(training<deit_small_patch16_224> == 35);
static_assert(inference<deit_base_patch16_224> == 13);
static_assert(training<deit_base_patch16_224> == 33);
static_assert(inference<deit_tiny_distilled_patch16_224> == 14);
static_assert(training<deit_tiny_distilled_patch16_224> == 33);
static_assert(inference<deit_small_distilled_patch16_224> == 15);
static_assert(training<deit_small_distilled_patch16_224> == 35);
static_assert(inference<deit_base_distilled_patch16_224> == 14);
static_assert(training<deit_base_distilled_patch16_224> == 33);
static_assert(inference<vit_cifar10_patch4_32> == 14);
static_assert(training<vit_cifar10_patch4_32> == 35);
static_assert(inference<swin_tiny_patch4_window7_224> == 35);
static_assert(training<swin_tiny_patch4_window7_224> == 91);
static_assert(inference<swin_small_patch4_window7_224> == 35);
static_assert(training<swin_small_patch4_window7_224> == 91);
static_assert(inference<swin_base_patch4_window7_224> == 35);
static_assert(training<swin_base_patch4_window7_224> == 91);
static_assert(inference<swin_cifar10_patch2_window4_32> == 29);
static_assert(training<swin_cifar10_patch2_window4_32> == 74);
static_assert(inference<mit_b0> == 32);
static_assert(training<mit_b0, to_itself> == 89);
static_assert(inference<mit_b1> == 32);
static_assert(training<mit_b1, to_itself> == 89);
static_assert(inference<mit_b2> == 32);
static_assert(training<mit_b2, to_itself> == 89);
static_assert(inference<mit_b3> == 32);
static_assert(training<mit_b3, to_itself> == 89);
static_assert(inference<mit_b4> == 32);
static_assert(training<mit_b4, to_itself> == 89);
static_assert(inference<mit_b5> == 32);
static_assert(training<mit_b5, to_itself> == 89);
static_assert(inference<segformer_b0> == 39);
static_assert(training<segformer_b0> == 107);
static_assert(inference<segformer_b1> == 40);
static_assert(training<segformer_b1> == 110);
static_assert(inference<segformer_b2> == 42);
static_assert(training<segformer_b2> == 116);
static_assert(inference<segformer_b3> == 42);
static_assert(training<segformer_b3> == 116);
static_assert(inference<segformer_b4> == 42);
static_assert(training<segformer_b4> == 116);
static_assert(inference<segformer_b5> == 42);
static_assert(training<segformer_b5> == 116);
static_assert(inference<mae_vit_base_patch16> == 25);
static_assert(training<mae_vit_base_patch16, ts::loss::masked_reconstruction> == 61);
static_assert(inference<mae_vit_large_patch16> == 26);
static_assert(training<mae_vit_large_patch16, ts::loss::masked_reconstruction> == 63);
static_assert(inference<mae_vit_huge_patch14> == 26);
static_assert(training<mae_vit_huge_patch14, ts::loss::masked_reconstruction> == 63);
static_assert(inference<mae_cifar10_patch4> == 25);
static_assert(training<mae_cifar10_patch4, ts::loss::masked_reconstruction> == 60);

}  // namespace
