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

namespace rule {
template <long long P, long long Q>
struct temperature {
  static constexpr bool said() {
    static_assert(P > 0 && Q > 0, "tessera::temperature<P, Q>: P / Q must be positive");
    return true;
  }
};
template <class... Words>
struct logits {
  static constexpr bool said() {
    constexpr bool are_words = ((tap_word<Words> || requires { Words::degrees; }) && ...);
    constexpr bool once = (0 + ... + (tap_word<Words> ? 1 : 0)) < 2 &&
                          (0 + ... + (tap_word<Words> ? 0 : 1)) < 2;
    static_assert(are_words && once,
                  "tessera::distill::logits<Teacher, Words...>: takes ts::temperature<P, Q> and "
                  "ts::on<\"tap\">, each once at most");
    return (true && ... && rule_of<Words>::said());
  }
};
template <class Teacher, class Student, class Loss>
struct features {
  static constexpr bool said() {
    constexpr bool are_taps = tap_word<Teacher> && tap_word<Student>;
    static_assert(are_taps,
                  "tessera::distill::features<Teacher, Student, Loss>: Teacher and Student must be "
                  "ts::on<\"tap\">");
    constexpr bool compares = requires(graph& g, value_id v) { Loss::between(g, v, v); };
    static_assert(compares,
                  "tessera::distill::features<Teacher, Student, Loss>: Loss must be loss::mse or a "
                  "type with between(graph&, teacher, student)");
    return true;
  }
};
}  // namespace rule

template <long long P, long long Q = 1>
struct temperature {
  using rule = tessera::rule::temperature<P, Q>;
  static constexpr double degrees = Q == 0 ? 0 : static_cast<double>(P) / static_cast<double>(Q);
};

namespace detail {

template <class... Words>
constexpr double temperature_in() {
  double t = 1;
  (
      [&] {
        if constexpr (requires { Words::degrees; }) t = Words::degrees;
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
  return g.find_tap(what);
}

}  // namespace detail

namespace distill {

template <name Teacher, class... Words>
struct logits {
  using rule = tessera::rule::logits<Words...>;
  static constexpr value_id build(graph& g, step_context& c) {
    const value_id student = watched<Words...>::find(g, c);
    const value_id teacher = g.stop_gradient(detail::output_of(g, Teacher));
    return emit<"kl_divergence">(
        g, {student, teacher}, {},
        g.add_setting("temperature", detail::temperature_in<Words...>()));
  }
};

template <class Teacher, class Student, class Loss = loss::mse>
struct features {
  using rule = tessera::rule::features<Teacher, Student, Loss>;
  static constexpr value_id build(graph& g, step_context&) {
    if constexpr (tap_word<Teacher> && tap_word<Student> &&
                  requires(value_id v) { Loss::between(g, v, v); }) {
      return Loss::between(g, g.find_tap(Teacher::tap), g.find_tap(Student::tap));
    } else {
      g.fail(issue::word_invalid);
      return absent;
    }
  }
};

}  // namespace distill
}  // namespace tessera::inline v0
