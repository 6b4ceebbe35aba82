#pragma once
// trainer<Step, Backend, T>: runs a training step. Definitions in make_trainer.hpp.
//
//     ts::trainer<step> run(seed);
//     for (…) { run.set("optimizer.lr", rate); double loss = run.step(images, labels); }
//
// gradient() adds to the gradients what one micro-batch contributes, update() consumes them; step()
// is both. Errors (tessera::error): sizes that do not fit, labels out of range, a loss or
// gradients that are not finite; after an error weights, state and optimizer are as before the call.

#include <cstdint>
#include <span>
#include <string_view>

#include "tessera/ops/backends.hpp"

namespace tessera::inline v0 {

class thread_pool;
struct program;
template <class T>
struct weights;

template <class T>
class step_runner {
 public:
  struct state;
  explicit step_runner(state* owned) noexcept : state_(owned) {}
  step_runner(step_runner&& other) noexcept : state_(other.state_) { other.state_ = nullptr; }
  step_runner& operator=(step_runner&& other) noexcept {
    state* mine = state_;
    state_ = other.state_;
    other.state_ = mine;
    return *this;
  }
  ~step_runner();

  // images: B x (C, H, W); labels: one per row of the logits, or empty where no loss reads them;
  // samples: global ids of the images, for randomness that follows them (empty: the row). Returns the
  // weighted loss.
  double step(std::span<const T> images, std::span<const std::int32_t> labels = {},
              std::span<const std::int64_t> samples = {});
  double gradient(std::span<const T> images, std::span<const std::int32_t> labels = {},
                  std::span<const std::int64_t> samples = {});
  void update();
  // Further inputs of the graph, by name ("noise"), for the next calls; the memory is the caller's.
  void bind(std::string_view input, std::span<const T> values);

  double loss(int term) const;                   // of the last gradient, before its weight
  void set(std::string_view setting, double x);  // error if no such setting, or not a finite number
  // The learning rate of parameters in a scope (model/slice.hpp: "blocks.3.*"), times this from now
  // on. Error if no parameter is in it, or for a scale that is negative or not finite.
  void set_lr_scale(std::string_view scope, double scale);
  // Labels that step() wants for each image; 0 where no loss reads any.
  std::int64_t labels_per_image() const;
  void zero_gradients();

  tessera::weights<T>& parameters();
  const tessera::weights<T>& parameters() const;
  std::span<T> gradients();                     // flat, laid out as parameters()
  // Flat, laid out as parameters(). adamw: 0 = m, 1 = v; others: 0 = velocity; then ema's average.
  std::span<T> optimizer_state(int buffer);
  void reset_optimizer();                       // moments 0, averages = the weights, step 0
  std::int64_t steps() const;                   // updates so far
  void set_steps(std::int64_t steps);           // with optimizer_state: to go on where a run stopped
  // Updates since the start: what randomness counts. reset_optimizer() leaves it alone.
  std::int64_t draws() const;
  void set_draws(std::int64_t draws);
  std::uint64_t seed() const;                   // of all randomness
  void set_seed(std::uint64_t seed);
  int optimizer_buffers() const;
  bool fresh() const;                           // no gradient waits for update()
  const program& compiled() const;              // of the gradient
  // Called after each node of the gradient with its name of op, for profiles.
  void observe(void (*f)(void*, std::string_view op), void* data);

 private:
  state* state_;
};

template <class Step, class Backend, class T>
step_runner<T> make_trainer(std::uint64_t seed, thread_pool* pool);

template <class Step, class Backend = cpu, class T = float>
class trainer : public step_runner<T> {
 public:
  explicit trainer(std::uint64_t seed = 0, thread_pool* pool = nullptr)
      : step_runner<T>(make_trainer<Step, Backend, T>(seed, pool)) {}
};

}  // namespace tessera::inline v0
