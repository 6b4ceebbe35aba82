#pragma once
// Early exits at run time. The network is run in segments, one per exit: after each, rows whose
// confidence (the largest softmax probability) is above the threshold keep that exit's logits and
// leave; the others are packed together and go on. The result equals the batch-1 loop row by row.
// A NaN confidence is not above anything, so such a row runs to the end.
//
//     ts::exit_runner<A> serve(net.parameters());
//     serve.run(images, 0.8, logits, exits);   // exits[i]: number of the exit, A::exits = the end
//
// For files that compile kernels.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tessera/model/compile.hpp"
#include "tessera/model/predictor_impl.hpp"
#include "tessera/ops/backends.hpp"

namespace tessera::inline v0 {

template <class A, class Backend = cpu, class T = float>
class exit_runner {
 public:
  // Reads `w`, which must outlive this and keep its table.
  explicit exit_runner(const weights<T>& w, thread_pool* pool = nullptr)
      : weights_(&w), pool_(pool != nullptr ? pool : &default_pool()) {
    std::vector<std::string> given;
    for (int i = 0; i <= A::exits; ++i) {
      std::vector<std::string> wanted{"output"};
      if (i < A::exits) {
        const std::string boundary = "exits." + std::to_string(i) + ".block";
        wanted = {"exits." + std::to_string(i), boundary};
        segments_.push_back(compile<inference<A>, Backend, T>(wanted, given));
        given = {boundary};
      } else {
        segments_.push_back(compile<inference<A>, Backend, T>(wanted, given));
      }
      long long m = 0;
      const program& p = *segments_.back();
      for (int n = 0; n < p.g.nodes.size(); ++n)
        if (p.needed[n] && p.g.nodes[n].op->has_macs)
          m += p.g.nodes[n].op->macs(p.g, p.g.nodes[n]);
      macs_.push_back(m + (macs_.empty() ? 0 : macs_.back()));
    }
    spaces_.resize(segments_.size());
    const program& first = *segments_[0];
    image_ = first.g.values[first.g.inputs[0].value].extent.per_sample();
    classes_ = segments_.back()->g.values[segments_.back()->results[0]].extent.per_sample();
  }

  // MACs of an image that leaves at exit i, heads before it included; i = A::exits: at the end.
  long long macs(int exit) const {
    if (exit < 0 || exit > A::exits)
      throw error("exits.macs", "an exit from 0 to " + std::to_string(A::exits),
                  std::to_string(exit));
    return macs_[static_cast<std::size_t>(exit)];
  }

  // images: B x input; logits: B x classes; exits: B, the exit each row took.
  void run(std::span<const T> images, double threshold, std::span<T> logits,
           std::span<int> exits) {
    const auto given = static_cast<std::int64_t>(images.size());
    if (given == 0 || given % image_ != 0)
      throw error("exits.run", "images in multiples of " + std::to_string(image_) + " values",
                  std::to_string(given));
    const std::int64_t batch = given / image_;
    if (static_cast<std::int64_t>(logits.size()) != batch * classes_ ||
        static_cast<std::int64_t>(exits.size()) != batch)
      throw error("exits.run",
                  "room for " + std::to_string(batch) + " x " + std::to_string(classes_) +
                      " logits and " + std::to_string(batch) + " exits",
                  std::to_string(logits.size()) + " and " + std::to_string(exits.size()));
    rows_.resize(static_cast<std::size_t>(batch));
    for (std::int64_t i = 0; i < batch; ++i) rows_[static_cast<std::size_t>(i)] = i;
    const void* input = images.data();
    std::int64_t left = batch;
    for (std::size_t s = 0; s < segments_.size() && left > 0; ++s) {
      workspace& ws = at(s, left);
      const void* const pointers[] = {input};
      run_context c;
      c.weights = const_cast<T*>(weights_->values.data());  // inference writes no weight
      c.inputs = pointers;
      if (s > 0) c.given = pointers;
      c.pool = pool_;
      ws.run(c);
      const T* out = static_cast<const T*>(ws.result(0));
      const bool last = s + 1 == segments_.size();
      const T* tokens = last ? nullptr : static_cast<const T*>(ws.result(1));
      const std::int64_t width = last ? 0 : ws.result_count(1) / left;
      std::vector<T>& packed = packed_[s % 2];
      packed.resize(std::max(packed.size(), static_cast<std::size_t>(left * width)));
      std::int64_t staying = 0;
      for (std::int64_t i = 0; i < left; ++i) {
        const std::int64_t row = rows_[static_cast<std::size_t>(i)];
        if (last || confidence(out + i * classes_) > threshold) {
          std::copy_n(out + i * classes_, classes_, logits.data() + row * classes_);
          exits[static_cast<std::size_t>(row)] = static_cast<int>(s);
        } else {
          std::copy_n(tokens + i * width, width, packed.data() + staying * width);
          rows_[static_cast<std::size_t>(staying++)] = row;
        }
      }
      left = staying;
      input = packed.data();
    }
  }

 private:
  double confidence(const T* logits) const {
    double most = static_cast<double>(logits[0]), sum = 0;
    for (std::int64_t k = 1; k < classes_; ++k) most = std::max(most, static_cast<double>(logits[k]));
    for (std::int64_t k = 0; k < classes_; ++k) sum += std::exp(static_cast<double>(logits[k]) - most);
    return 1 / sum;
  }
  workspace& at(std::size_t segment, std::int64_t batch) {
    auto& space = spaces_[segment];
    if (space == nullptr || space->capacity() < batch)
      space = std::make_unique<workspace>(*segments_[segment], weights_->table, batch);
    space->set_batch(batch);
    return *space;
  }

  const weights<T>* weights_;
  thread_pool* pool_;
  std::vector<std::unique_ptr<program>> segments_;
  std::vector<std::unique_ptr<workspace>> spaces_;
  std::vector<long long> macs_;
  std::vector<std::int64_t> rows_;
  std::vector<T> packed_[2];
  std::int64_t image_ = 0, classes_ = 0;
};

}  // namespace tessera::inline v0
