#pragma once
// A predictor: weights, one compiled program and its workspaces, behind a pointer, so that a file
// that only calls a model parses no graph and no kernel. ts::model<A> is this with a name in front.
//
// Definitions are in predictor_impl.hpp; with tessera_instantiate() they are compiled elsewhere. No
// unique_ptr here: <memory> is a third of what such a file pays.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::inline v0 {

class thread_pool;
struct program;
template <class T>
struct weights;

// A map from images to outputs. Not for two threads at once; sessions are.
template <class T>
class predictor {
 public:
  struct state;
  explicit predictor(state* owned) noexcept : state_(owned) {}
  // A second reader of the same program and weights, with workspaces of its own, for another thread.
  // Weights must not change while sessions run.
  explicit predictor(const predictor& shared, thread_pool* pool);
  predictor(predictor&& other) noexcept : state_(other.state_) { other.state_ = nullptr; }
  predictor& operator=(predictor&& other) noexcept {
    state* mine = state_;
    state_ = other.state_;
    other.state_ = mine;
    return *this;
  }
  ~predictor();

  // images: B x (per-sample input), result: B x (per-sample output); B follows from the size.
  // Throws tessera::error if either size does not fit. After a call nothing is allocated for batches
  // up to its size.
  void forward(std::span<const T> images, std::span<T> result);
  // Inputs beyond the first (noise of mae<…, mask::given>), in the graph's order.
  void forward(std::span<const T> images, std::span<const T> second, std::span<T> result);

  // Several results of one forward (arch/tapped.hpp), each B x output_size(i).
  void forward(std::span<const T> images, std::span<const std::span<T>> results);
  void forward(std::span<const T> images, std::initializer_list<std::span<T>> results) {
    forward(images, std::span<const std::span<T>>(results.begin(), results.size()));
  }

  void load(const std::string& path);        // safetensors; strict, all or nothing
  void save(const std::string& path) const;  // atomic

  tessera::weights<T>& parameters();
  const tessera::weights<T>& parameters() const;
  std::int64_t input_size() const;   // per sample
  int outputs() const;
  std::int64_t output_size(int i = 0) const;  // per sample
  const program& compiled() const;

 private:
  state* state_;
};

}  // namespace tessera::inline v0
