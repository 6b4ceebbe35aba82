#pragma once
// model<Arch, Backend, T>: an architecture with weights, ready to run.
//
//     ts::model<vit_b> net;                          // timm's initialisation from seed 0
//     net.load("vit_base_patch16_224.safetensors");  // timm's names
//     net.forward(images, logits);                   // B x C x H x W -> B x classes
//
// Errors are tessera::error; load changes nothing unless the whole file fits.

#include "tessera/model/predictor.hpp"
#include "tessera/ops/backends.hpp"

namespace tessera::inline v0 {

// Compiles the kernels of A (model/make_model.hpp); declared only where tessera_instantiate() has
// had it compiled elsewhere.
template <class A, class Backend, class T>
predictor<T> make_model(std::uint64_t seed, thread_pool* pool);

template <class A, class Backend = cpu, class T = float>
class model : public predictor<T> {
 public:
  using architecture = A;
  explicit model(std::uint64_t seed = 0, thread_pool* pool = nullptr)
      : predictor<T>(make_model<A, Backend, T>(seed, pool)) {}
  model(const model& shared, thread_pool* pool) : predictor<T>(shared, pool) {}
};

}  // namespace tessera::inline v0
