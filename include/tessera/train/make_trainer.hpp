#pragma once
// Definitions behind trainer<Step, Backend, T>: from here on a file compiles kernels.

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>

#include "tessera/model/compile.hpp"
#include "tessera/model/predictor_impl.hpp"
#include "tessera/train/trainer.hpp"

namespace tessera::inline v0 {

template <class T>
struct step_runner<T>::state {
  std::shared_ptr<const program> gradient, update;
  tessera::weights<T> w;
  std::vector<T> gradients;
  std::vector<std::vector<T>> optimizer;
  std::vector<void*> optimizer_pointers;
  std::vector<slice_range> slices;
  std::unique_ptr<workspace> space;  // of the gradient, for the largest batch so far
  std::unique_ptr<workspace> update_space;
  std::vector<std::pair<std::string, double>> settings;  // changed by set()
  std::vector<const void*> inputs;
  std::vector<std::int64_t> bound;  // sizes of what bind() gave, per input; 0: nothing
  std::array<double, 9> losses{};
  thread_pool* pool = nullptr;
  std::uint64_t seed = 0;
  std::int64_t steps = 0, draws = 0;
  std::vector<T> kept_state;  // slices of kind state, as they were before a batch
  int images = -1, labels = -1, label_limit = 0;
  bool fresh = true;  // gradients are zero
  void (*observer)(void*, std::string_view) = nullptr;
  void* observed = nullptr;

  static double primal_of(const T& x) {
    if constexpr (requires { x.value; })
      return static_cast<double>(x.value);
    else
      return static_cast<double>(x);
  }

  workspace& at(std::int64_t batch) {
    if (space == nullptr || space->capacity() < batch) {
      space = std::make_unique<workspace>(*gradient, w.table, batch);
      for (const auto& [name, x] : settings) space->set(name, x);
    }
    space->set_batch(batch);
    return *space;
  }

  // Copies the slices of kind state out of the weights, or back.
  void keep_state(bool back) {
    auto at = kept_state.begin();
    for (const slice& x : w.table) {
      if (x.kind != slice_kind::state) continue;
      const auto from = w.values.begin() + x.offset;
      back ? std::copy_n(at, x.size, from) : std::copy_n(from, x.size, at);
      at += x.size;
    }
  }
  // Averages start as the weights of the first update.
  void start_averages() {
    for (const node& n : update->g.nodes)
      if (n.op->id == name("ema"))
        optimizer[static_cast<std::size_t>(update->g.values[n.output].index)] = w.values;
    for (std::size_t i = 0; i < optimizer.size(); ++i) optimizer_pointers[i] = optimizer[i].data();
  }

  // The smallest number of classes that the labels index.
  int find_label_limit() const {
    const graph& g = gradient->g;
    int limit = 0;
    for (const node& n : g.nodes) {
      if (n.op->id != name("cross_entropy") && n.op->id != name("dice")) continue;
      if (g.values[g.in(n, 1)].where != storage::input) continue;
      const int k = g.in_shape(n, 0).last();
      limit = limit == 0 ? k : std::min(limit, k);
    }
    return limit;
  }
};

template <class T>
TESSERA_COLD step_runner<T> make_step_runner(std::unique_ptr<const program> gradient,
                                             std::unique_ptr<const program> update,
                                             int optimizer_buffers, std::uint64_t seed,
                                             thread_pool* pool) {
  auto owned = std::make_unique<typename step_runner<T>::state>();
  auto& s = *owned;
  s.gradient = std::move(gradient);
  s.update = std::move(update);
  s.w = make_weights<T>(s.gradient->g, seed);
  s.gradients.assign(s.w.values.size(), T(0));
  s.optimizer.assign(static_cast<std::size_t>(optimizer_buffers), s.gradients);
  for (auto& o : s.optimizer) s.optimizer_pointers.push_back(o.data());
  for (const slice& x : s.w.table)
    s.slices.push_back({x.offset, x.size, x.kind == slice_kind::weight, x.decay, 1});
  s.update_space = std::make_unique<workspace>(*s.update, s.w.table, 1);
  const graph& g = s.gradient->g;
  s.inputs.assign(static_cast<std::size_t>(g.inputs.size()), nullptr);
  s.bound.assign(s.inputs.size(), 0);
  for (int i = 0; i < g.inputs.size(); ++i) {
    if (std::string_view(g.text_at(g.inputs[i].text)) == "images") s.images = i;
    if (std::string_view(g.text_at(g.inputs[i].text)) == "labels") s.labels = i;
  }
  std::int64_t states = 0;
  for (const slice& x : s.w.table) states += x.kind == slice_kind::state ? x.size : 0;
  s.kept_state.assign(static_cast<std::size_t>(states), T(0));
  s.label_limit = s.find_label_limit();
  s.pool = pool != nullptr ? pool : &default_pool();
  s.seed = seed;
  s.start_averages();
  return step_runner<T>(owned.release());
}
template <class T>
TESSERA_COLD step_runner<T>::~step_runner() {
  delete state_;
}

template <class T>
void step_runner<T>::bind(std::string_view input, std::span<const T> values) {
  const auto i = static_cast<std::size_t>(state_->gradient->input(input));
  state_->inputs[i] = values.data();
  state_->bound[i] = static_cast<std::int64_t>(values.size());
}

template <class T>
std::int64_t step_runner<T>::labels_per_image() const {
  const graph& g = state_->gradient->g;
  return state_->labels < 0 ? 0 : g.values[g.inputs[state_->labels].value].extent.count(1);
}

template <class T>
double step_runner<T>::gradient(std::span<const T> images, std::span<const std::int32_t> labels,
                                std::span<const std::int64_t> samples) {
  state& s = *state_;
  const graph& g = s.gradient->g;
  const std::int64_t each = g.values[g.inputs[s.images].value].extent.per_sample();
  const auto given = static_cast<std::int64_t>(images.size());
  if (given == 0 || given % each != 0)
    throw error("trainer", "images in multiples of " + std::to_string(each) + " values",
                std::to_string(given));
  const std::int64_t batch = given / each;
  s.inputs[static_cast<std::size_t>(s.images)] = images.data();
  s.bound[static_cast<std::size_t>(s.images)] = given;
  if (s.labels >= 0) {
    const std::int64_t rows = batch * labels_per_image();
    if (static_cast<std::int64_t>(labels.size()) != rows)
      throw error("trainer", std::to_string(rows) + " labels", std::to_string(labels.size()));
    for (std::int32_t l : labels)
      if (l < 0 || (s.label_limit > 0 && l >= s.label_limit))
        throw error("trainer", "labels from 0 to " + std::to_string(s.label_limit - 1),
                    std::to_string(l));
    s.inputs[static_cast<std::size_t>(s.labels)] = labels.data();
    s.bound[static_cast<std::size_t>(s.labels)] = rows;
  } else if (!labels.empty()) {
    throw error("trainer", "no labels (no loss of this step reads them)",
                std::to_string(labels.size()));
  }
  if (!samples.empty() && static_cast<std::int64_t>(samples.size()) != batch)
    throw error("trainer", std::to_string(batch) + " sample ids", std::to_string(samples.size()));
  for (int i = 0; i < g.inputs.size(); ++i)
    if (s.bound[static_cast<std::size_t>(i)] != g.values[g.inputs[i].value].extent.count(batch))
      throw error("trainer", "input \"" + std::string(g.text_at(g.inputs[i].text)) + "\" of " +
                                 std::to_string(g.values[g.inputs[i].value].extent.count(batch)) +
                                 " values",
                  std::to_string(s.bound[static_cast<std::size_t>(i)]));
  workspace& ws = s.at(batch);
  if (s.observer != nullptr) {
    ws.observed = &s;
    ws.observer = [](void* p, const node& n) {
      state& me = *static_cast<state*>(p);
      char text[64];
      const int length = n.op->id.length();
      for (int i = 0; i < length; ++i) text[i] = n.op->id.at(i);
      me.observer(me.observed, std::string_view(text, static_cast<std::size_t>(length)));
    };
  }
  run_context c;
  c.weights = s.w.values.data();
  c.gradients = s.gradients.data();
  c.inputs = s.inputs;
  c.seed = s.seed;
  c.step = static_cast<std::uint64_t>(s.draws);
  c.samples = samples.empty() ? nullptr : samples.data();
  c.pool = s.pool;
  s.fresh = false;
  s.keep_state(false);
  ws.run(c);
  for (int i = 0; i < s.gradient->results.size(); ++i)
    s.losses[static_cast<std::size_t>(i)] =
        state::primal_of(*static_cast<const T*>(ws.result(i)));
  if (!std::isfinite(s.losses[0])) {
    s.keep_state(true);
    zero_gradients();
    throw error("trainer", "a finite loss", std::to_string(s.losses[0]));
  }
  return s.losses[0];
}

template <class T>
void step_runner<T>::update() {
  state& s = *state_;
  double squares = 0;
  for (const T& g : s.gradients) squares += state::primal_of(g) * state::primal_of(g);
  if (!std::isfinite(squares)) {
    zero_gradients();
    throw error("trainer", "finite gradients", std::to_string(squares) + " as their squared norm");
  }
  if (s.steps == 0) s.start_averages();
  ++s.steps;
  ++s.draws;
  s.update_space->set("optimizer.step", static_cast<double>(s.steps));
  run_context c;
  c.weights = s.w.values.data();
  c.gradients = s.gradients.data();
  c.optimizer = s.optimizer_pointers.data();
  c.slices = s.slices;
  c.pool = s.pool;
  s.update_space->run(c);
  zero_gradients();
}

template <class T>
double step_runner<T>::step(std::span<const T> images, std::span<const std::int32_t> labels,
                            std::span<const std::int64_t> samples) {
  if (!state_->fresh) zero_gradients();
  const double loss = gradient(images, labels, samples);
  update();
  return loss;
}

template <class T>
double step_runner<T>::loss(int term) const {
  if (term < 0 || term + 1 >= state_->gradient->results.size())
    throw error("trainer.loss",
                "a term below " + std::to_string(state_->gradient->results.size() - 1),
                std::to_string(term));
  return state_->losses[static_cast<std::size_t>(term) + 1];
}
template <class T>
void step_runner<T>::set(std::string_view setting, double x) {
  state& s = *state_;
  const bool beta = setting.ends_with(".beta1") || setting.ends_with(".beta2") ||
                    setting == "optimizer.momentum";
  if (!std::isfinite(x) || (beta && !(x >= 0 && x < 1)))
    throw error("trainer.set: " + std::string(setting),
                beta ? "a number from 0 to below 1" : "a finite number", std::to_string(x));
  bool found = s.update_space->set(setting, x);
  const graph& g = s.gradient->g;
  for (const tessera::setting& k : g.settings)
    if (setting == g.text_at(k.text)) {
      bool known = found = true;
      for (auto& [name, value] : s.settings)
        if (name == setting) value = x, known = false;
      if (known) s.settings.emplace_back(std::string(setting), x);
      if (s.space != nullptr) s.space->set(setting, x);
      break;
    }
  if (!found) throw error("trainer.set", "a setting of this step", std::string(setting));
}
template <class T>
TESSERA_COLD void step_runner<T>::set_lr_scale(std::string_view scope, double scale) {
  state& s = *state_;
  const std::string operation = "trainer.set_lr_scale: " + std::string(scope);
  if (!std::isfinite(scale) || scale < 0)
    throw error(operation, "a finite scale of at least 0", std::to_string(scale));
  bool found = false;
  for (std::size_t i = 0; i < s.slices.size(); ++i)
    if (in_scope(s.w.table[i].name, scope))
      s.slices[i].lr_scale = scale, found = true;
  if (!found) throw error(operation, "a scope that holds a parameter", "none in it");
}
template <class T>
void step_runner<T>::zero_gradients() {
  std::fill(state_->gradients.begin(), state_->gradients.end(), T(0));
  state_->fresh = true;
}
template <class T>
tessera::weights<T>& step_runner<T>::parameters() {
  return state_->w;
}
template <class T>
const tessera::weights<T>& step_runner<T>::parameters() const {
  return state_->w;
}
template <class T>
std::span<T> step_runner<T>::gradients() {
  return state_->gradients;
}
template <class T>
std::span<T> step_runner<T>::optimizer_state(int buffer) {
  const int count = static_cast<int>(state_->optimizer.size());
  if (buffer < 0 || buffer >= count)
    throw error("trainer.optimizer_state", "a buffer below " + std::to_string(count),
                std::to_string(buffer));
  return state_->optimizer[static_cast<std::size_t>(buffer)];
}
template <class T>
void step_runner<T>::reset_optimizer() {
  state& s = *state_;
  s.steps = 0;
  for (auto& o : s.optimizer) std::fill(o.begin(), o.end(), T(0));
  s.start_averages();
}
template <class T>
std::int64_t step_runner<T>::steps() const {
  return state_->steps;
}
template <class T>
std::int64_t step_runner<T>::draws() const {
  return state_->draws;
}
template <class T>
void step_runner<T>::set_draws(std::int64_t draws) {
  state_->draws = draws;
}
template <class T>
std::uint64_t step_runner<T>::seed() const {
  return state_->seed;
}
template <class T>
void step_runner<T>::set_seed(std::uint64_t seed) {
  state_->seed = seed;
}
template <class T>
int step_runner<T>::optimizer_buffers() const {
  return static_cast<int>(state_->optimizer.size());
}
template <class T>
bool step_runner<T>::fresh() const {
  return state_->fresh;
}
template <class T>
void step_runner<T>::set_steps(std::int64_t steps) {
  state_->steps = steps;
}
template <class T>
const program& step_runner<T>::compiled() const {
  return *state_->gradient;
}
template <class T>
void step_runner<T>::observe(void (*f)(void*, std::string_view), void* data) {
  state_->observer = f;
  state_->observed = data;
  if (state_->space != nullptr) state_->space->observer = nullptr;
}

namespace detail {

template <class Step>
struct gradient_builder {
  static constexpr graph spelled() {
    if constexpr (requires { Step::gradient(true, true); })
      return Step::gradient(false, true);
    else
      return Step::gradient();
  }
  static constexpr graph build() {
    if constexpr (requires { Step::gradient(true); })
      return Step::gradient(!std::is_constant_evaluated());
    else
      return Step::gradient();
  }
};
template <class Step>
struct update_builder {
  static constexpr graph build() { return Step::update(); }
};

}  // namespace detail

template <class Step, class Backend, class T>
step_runner<T> make_trainer(std::uint64_t seed, thread_pool* pool) {
  std::vector<std::string> losses{"loss"};
  for (int i = 0; i < Step::terms(); ++i) losses.push_back("loss." + std::to_string(i));
  auto gradient = compile<detail::gradient_builder<Step>, Backend, T>(losses);
  auto update = compile<detail::update_builder<Step>, Backend, T>({});
  return make_step_runner<T>(std::move(gradient), std::move(update), Step::optimizer_buffers(),
                             seed, pool);
}

}  // namespace tessera::inline v0
