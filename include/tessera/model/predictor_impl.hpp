#pragma once
// Definitions of predictor.hpp, for files that compile kernels.

#include <array>
#include <cstring>
#include <memory>

#include "tessera/model/checkpoint.hpp"
#include "tessera/model/predictor.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/model/workspace.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace tessera::inline v0 {

// The pool of whoever names none: one thread per hardware thread, made at first use.
TESSERA_COLD inline thread_pool& default_pool() {
  static thread_pool pool;
  return pool;
}

namespace detail {

[[noreturn]] TESSERA_COLD inline void misfit(const std::string& expected, std::int64_t found) {
  throw error("model.forward", expected, std::to_string(found));
}

}  // namespace detail

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
  int outputs() const { return compiled->results.size(); }
  std::int64_t size_of_output(int i) const {
    return compiled->g.values[compiled->results[i]].extent.count(1);
  }
  // Throws unless inputs and results have the sizes of one batch; returns it.
  TESSERA_COLD std::int64_t check(std::span<const std::span<const T>> in,
                                  std::span<const std::span<T>> results) const {
    const std::int64_t each = size_of_input(0);
    const auto given = static_cast<std::int64_t>(in[0].size());
    if (given == 0 || given % each != 0)
      detail::misfit("images in multiples of " + std::to_string(each) + " values", given);
    const std::int64_t batch = given / each;
    if (static_cast<int>(results.size()) != outputs())
      detail::misfit(std::to_string(outputs()) + " results",
                     static_cast<std::int64_t>(results.size()));
    for (int i = 0; i < outputs(); ++i) {
      const auto room = static_cast<std::int64_t>(results[static_cast<std::size_t>(i)].size());
      if (room != batch * size_of_output(i))
        detail::misfit("room for " + std::to_string(batch) + " x " +
                           std::to_string(size_of_output(i)) + " results",
                       room);
    }
    if (static_cast<int>(in.size()) != compiled->g.inputs.size())
      detail::misfit(std::to_string(compiled->g.inputs.size()) + " inputs",
                     static_cast<std::int64_t>(in.size()));
    for (std::size_t i = 0; i < in.size(); ++i)
      if (static_cast<std::int64_t>(in[i].size()) != batch * size_of_input(static_cast<int>(i)))
        detail::misfit("inputs of one batch", static_cast<std::int64_t>(in[i].size()));
    return batch;
  }
  void forward(std::span<const std::span<const T>> in, std::span<const std::span<T>> results) {
    const std::int64_t batch = check(in, results);
    std::array<const void*, 4> pointers{};
    for (std::size_t i = 0; i < in.size(); ++i) pointers[i] = in[i].data();
    workspace& ws = at(batch);
    run_context c;
    c.weights = w->values.data();
    c.inputs = {pointers.data(), in.size()};
    c.pool = pool;
    ws.run(c);
    for (std::size_t i = 0; i < results.size(); ++i)
      std::memcpy(results[i].data(), ws.result(static_cast<int>(i)), results[i].size_bytes());
  }
};

template <class T>
TESSERA_COLD predictor<T> make_predictor(std::unique_ptr<const program> compiled,
                                         std::uint64_t seed, thread_pool* pool) {
  auto s = std::make_unique<typename predictor<T>::state>();
  s->w = std::make_shared<weights<T>>(make_weights<T>(compiled->g, seed));
  s->compiled = std::move(compiled);
  s->pool = pool != nullptr ? pool : &default_pool();
  return predictor<T>(s.release());
}
template <class T>
TESSERA_COLD predictor<T>::predictor(const predictor& shared, thread_pool* pool)
    : state_(new state{shared.state_->compiled, shared.state_->w,
                       pool != nullptr ? pool : shared.state_->pool, nullptr}) {}
template <class T>
TESSERA_COLD predictor<T>::~predictor() {
  delete state_;
}

template <class T>
void predictor<T>::forward(std::span<const T> images, std::span<T> result) {
  const std::span<const T> in[] = {images};
  state_->forward(in, {&result, 1});
}
template <class T>
void predictor<T>::forward(std::span<const T> images, std::span<const T> second,
                           std::span<T> result) {
  const std::span<const T> in[] = {images, second};
  state_->forward(in, {&result, 1});
}
template <class T>
void predictor<T>::forward(std::span<const T> images, std::span<const std::span<T>> results) {
  const std::span<const T> in[] = {images};
  state_->forward(in, results);
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
int predictor<T>::outputs() const {
  return state_->outputs();
}
template <class T>
TESSERA_COLD std::int64_t predictor<T>::output_size(int i) const {
  if (i < 0 || i >= outputs())
    throw error("model.output_size", "a result from 0 to " + std::to_string(outputs() - 1),
                std::to_string(i));
  return state_->size_of_output(i);
}
template <class T>
const program& predictor<T>::compiled() const {
  return *state_->compiled;
}

}  // namespace tessera::inline v0
