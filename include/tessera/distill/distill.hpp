#pragma once
// Distillation as words of a term. The teacher's side never gets a gradient.
//
// logits<"teacher", temperature<T>, on<"exits.0">>: T^2 KL(teacher || student) of softened logits,
//     batch mean. The teacher is a tower by name (its output) or a tap: "head" is the network's own
//     final classifier. The setting "loss.i.temperature" changes T during a run.
// features<on<"teacher.blocks.9">, on<"blocks.3">, loss::mse>: two values of equal shape.

#include "tessera/ops/losses.hpp"
#include "tessera/train/losses.hpp"

namespace tessera::inline v0 {

template <int P, int Q = 1>
struct temperature {
  static_assert(P > 0 && Q > 0, "tessera::temperature<P, Q>: P / Q must be positive");
  static constexpr double value = Q == 0 ? 0 : static_cast<double>(P) / Q;
};

namespace detail {

template <class... Words>
constexpr double temperature_in() {
  double t = 1;
  (
      [&] {
        if constexpr (requires { Words::value; }) t = Words::value;
      }(),
      ...);
  return t;
}

// "teacher" is the output of the tower of that name, else the tap of that name.
constexpr value_id output_of(graph& g, const name& what) {
  const std::uint64_t tower = (what.hash() * hash_base + '.') * label("output").power +
                              label("output").hash;
  for (int i = 0; i < g.taps.size(); ++i)
    if (g.taps[i].hash == tower) return g.taps[i].value;
  return g.find_tap(what.hash());
}

}  // namespace detail

namespace distill {

template <name Teacher, class... Words>
struct logits {
  static constexpr value_id build(graph& g, step_context& c) {
    const value_id student = watched<Words...>::find(g, c);
    const value_id teacher = g.stop_gradient(detail::output_of(g, Teacher));
    return emit<"kl_divergence">(
        g, {student, teacher}, {},
        g.add_setting("temperature", detail::temperature_in<Words...>()));
  }
};

template <class Teacher, class Student, class Loss = loss::mse>
struct features;
template <name Teacher, name Student, class Loss>
struct features<on<Teacher>, on<Student>, Loss> {
  static constexpr value_id build(graph& g, step_context&) {
    return Loss::between(g, g.find_tap(Teacher.hash()), g.find_tap(Student.hash()));
  }
};

}  // namespace distill
}  // namespace tessera::inline v0
