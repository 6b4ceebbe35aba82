#pragma once
// Definitions of predictor.hpp, for files that compile kernels.

#include <array>

#include "tessera/model/checkpoint.hpp"
#include "tessera/model/predictor.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/model/workspace.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace tessera::inline v0 {

// The pool of whoever names none: one thread per hardware thread, made at first use.
inline thread_pool& default_pool() {
  static thread_pool pool;
  return pool;
}

template <class T>
struct predictor<T>::state {
  std::shared_ptr<const program> compiled;
  std::shared_ptr<tessera::weights<T>> w;
  thread_pool* pool = nullptr;
  std::unique_ptr<workspace> space;  // for the largest batch so far

  workspace& at(std::int64_t batch) {
    if (space == nullptr || space->capacity() < batch)
      space = std::make_unique<workspace>(*compiled, w->table, batch);
    space->set_batch(batch);
    return *space;
  }
  std::int64_t size_of_input(int i) const {
    return compiled->g.values[compiled->g.inputs[i].value].extent.per_sample();
  }
  std::int64_t size_of_output() const {
    return compiled->g.values[compiled->results[0]].extent.count(1);
  }
  void forward(std::span<const std::span<const T>> in, std::span<T> result) {
    const std::int64_t each = size_of_input(0), out = size_of_output();
    const auto given = static_cast<std::int64_t>(in[0].size());
    if (given == 0 || given % each != 0)
      throw error("model.forward", "images in multiples of " + std::to_string(each) + " values",
                  std::to_string(given));
    const std::int64_t batch = given / each;
    if (static_cast<std::int64_t>(result.size()) != batch * out)
      throw error("model.forward",
                  "room for " + std::to_string(batch) + " x " + std::to_string(out) + " results",
                  std::to_string(result.size()));
    if (static_cast<int>(in.size()) != compiled->g.inputs.size())
      throw error("model.forward", std::to_string(compiled->g.inputs.size()) + " inputs",
                  std::to_string(in.size()));
    std::array<const void*, 4> pointers{};
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (static_cast<std::int64_t>(in[i].size()) != batch * size_of_input(static_cast<int>(i)))
        throw error("model.forward", "inputs of one batch", std::to_string(in[i].size()));
      pointers[i] = in[i].data();
    }
    workspace& ws = at(batch);
    run_context c;
    c.weights = w->values.data();
    c.inputs = {pointers.data(), in.size()};
    c.pool = pool;
    ws.run(c);
    const T* from = static_cast<const T*>(ws.result(0));
    std::copy(from, from + result.size(), result.data());
  }
};

template <class T>
predictor<T>::predictor(std::unique_ptr<const program> compiled, std::uint64_t seed,
                        thread_pool* pool)
    : state_(std::make_unique<state>()) {
  state_->w = std::make_shared<tessera::weights<T>>(make_weights<T>(compiled->g, seed));
  state_->compiled = std::move(compiled);
  state_->pool = pool != nullptr ? pool : &default_pool();
}
template <class T>
predictor<T>::predictor(const predictor& shared, thread_pool* pool)
    : state_(std::make_unique<state>()) {
  state_->compiled = shared.state_->compiled;
  state_->w = shared.state_->w;
  state_->pool = pool != nullptr ? pool : shared.state_->pool;
}
template <class T>
predictor<T>::predictor(predictor&&) noexcept = default;
template <class T>
predictor<T>& predictor<T>::operator=(predictor&&) noexcept = default;
template <class T>
predictor<T>::~predictor() = default;

template <class T>
void predictor<T>::forward(std::span<const T> images, std::span<T> result) {
  const std::span<const T> in[] = {images};
  state_->forward(in, result);
}
template <class T>
void predictor<T>::forward(std::span<const T> images, std::span<const T> second,
                           std::span<T> result) {
  const std::span<const T> in[] = {images, second};
  state_->forward(in, result);
}
template <class T>
void predictor<T>::load(const std::string& path) {
  load_weights(*state_->w, path);
}
template <class T>
void predictor<T>::save(const std::string& path) const {
  save_weights(*state_->w, path);
}
template <class T>
tessera::weights<T>& predictor<T>::parameters() {
  return *state_->w;
}
template <class T>
const tessera::weights<T>& predictor<T>::parameters() const {
  return *state_->w;
}
template <class T>
std::int64_t predictor<T>::input_size() const {
  return state_->size_of_input(0);
}
template <class T>
std::int64_t predictor<T>::output_size() const {
  return state_->size_of_output();
}
template <class T>
const program& predictor<T>::compiled() const {
  return *state_->compiled;
}

}  // namespace tessera::inline v0
