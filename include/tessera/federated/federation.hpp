#pragma once
// federation<Step, words…>: federated learning of a training step as a type. Words, in any order:
//     select::all, select::uniform<M>      who takes part in a round           (default: all)
//     local_epochs<N>                      passes over the client's own data   (default: 1)
//     batch_size<N>                        local batch; the last may be short  (default: 32)
//     aggregate::fed_avg, or a user's      how the server combines             (default: fed_avg)
//     shared<"blocks.*", over::group>      who shares a slice; the first match counts; what no word
//                                          covers is averaged over all clients
//     optimizer_state::per_client | fresh  what survives between rounds        (default: per_client)
//     running_state::average | keep        running statistics at the server    (default: average)
// A round: w to the selected clients, local steps, answers checked, combined by scope.

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

#include "tessera/arch/words.hpp"
#include "tessera/federated/fed_avg.hpp"
#include "tessera/federated/scope.hpp"
#include "tessera/federated/select.hpp"
#include "tessera/meta/name.hpp"

namespace tessera::inline v0 {

inline constexpr range round_range{1, 1 << 20};

namespace rule {
template <long long N>
struct local_epochs {
  static constexpr bool said() {
    static_assert(round_range.has(N), "tessera::local_epochs<N>: N must be 1 to 1048576");
    return true;
  }
};
template <long long N>
struct batch_size {
  static constexpr bool said() {
    static_assert(round_range.has(N), "tessera::batch_size<N>: N must be 1 to 1048576");
    return true;
  }
};
template <class Among>
struct shared {
  static constexpr bool said() {
    constexpr bool is = std::is_same_v<Among, over>;
    static_assert(is, "tessera::shared<Pattern, Among>: Among must be over::all, over::group or "
                      "over::client");
    return true;
  }
};
}  // namespace rule

template <long long N>
struct local_epochs {
  using rule = tessera::rule::local_epochs<N>;
  static constexpr int epochs = round_range.number(N);
};
template <long long N>
struct batch_size {
  using rule = tessera::rule::batch_size<N>;
  static constexpr int batch = round_range.number(N);
};
template <name Pattern, auto Among>
struct shared {
  using rule = tessera::rule::shared<std::remove_const_t<decltype(Among)>>;
  static constexpr name pattern = Pattern;
  static constexpr over among = static_cast<over>(Among);
};
namespace optimizer_state {
struct per_client {
  static constexpr bool keep = true;
};
struct fresh {
  static constexpr bool keep = false;
};
}  // namespace optimizer_state
// What becomes of running statistics: averaged like weights, or left as the server has them.
namespace running_state {
struct average {
  static constexpr state_rule rule = state_rule::average;
};
struct keep {
  static constexpr state_rule rule = state_rule::keep;
};
}  // namespace running_state
namespace transport {
struct in_process {};  // simulated clients, one after the other, each on all cores
}

namespace detail {

// The first word that has a property, else the default.
template <template <class> class Has, class Default, class... Words>
struct first_word {
  using type = Default;
};
template <template <class> class Has, class Default, class Word, class... Words>
struct first_word<Has, Default, Word, Words...> {
  using type = typename std::conditional_t<Has<Word>::value, std::type_identity<Word>,
                                           first_word<Has, Default, Words...>>::type;
};
template <class W>
struct is_selector : std::bool_constant<selector<W>> {};
template <class W>
struct is_aggregator : std::bool_constant<aggregator<W>> {};
template <class W>
struct has_epochs : std::bool_constant<requires { W::epochs; }> {};
template <class W>
struct has_batch : std::bool_constant<requires { W::batch; }> {};
template <class W>
struct has_keep : std::bool_constant<requires { W::keep; }> {};
template <class W>
struct has_rule : std::bool_constant<requires {
                    { W::rule } -> std::convertible_to<state_rule>;
                  }> {};
template <class W>
struct has_pattern : std::bool_constant<requires { W::pattern; }> {};
template <class W>
struct is_known : std::bool_constant<is_selector<W>::value || is_aggregator<W>::value ||
                                     has_epochs<W>::value || has_batch<W>::value ||
                                     has_keep<W>::value || has_rule<W>::value ||
                                     has_pattern<W>::value ||
                                     std::is_same_v<W, transport::in_process>> {};

}  // namespace detail

template <class W>
concept federation_word = detail::is_known<W>::value;

namespace rule {
template <class Step, class... Words>
struct federation {
  static constexpr bool said() {
    constexpr bool steps = requires { Step::terms(); Step::optimizer_buffers(); };
    static_assert(steps, "tessera::federation<Step, Words...>: Step must be a ts::train<Parts...>");
    constexpr bool are_words = (federation_word<Words> && ...);
    static_assert(are_words,
                  "tessera::federation<Step, Words...>: every word must be a selector, an "
                  "aggregator, local_epochs, batch_size, shared, optimizer_state, running_state or "
                  "transport");
    constexpr bool once = once_each<detail::is_selector, detail::is_aggregator, detail::has_epochs,
                                    detail::has_batch, detail::has_keep, detail::has_rule>();
    static_assert(once,
                  "tessera::federation<Step, Words...>: each word at most once (but shared)");
    return true;
  }

 private:
  template <template <class> class... Has>
  static constexpr bool once_each() {
    return (true && ... && (count<Has>() < 2));
  }
  template <template <class> class Has>
  static constexpr int count() {
    return (0 + ... + (Has<Words>::value ? 1 : 0));
  }
};
}  // namespace rule

template <class Step, class... Words>
struct federation {
  static_assert(rule::federation<Step, Words...>::said() &&
                (true && ... && rule_of<Words>::said()));
  using step = Step;
  using select = typename detail::first_word<detail::is_selector, tessera::select::all, Words...>::type;
  using aggregate = typename detail::first_word<detail::is_aggregator, tessera::aggregate::fed_avg,
                                                Words...>::type;
  static constexpr int epochs =
      detail::first_word<detail::has_epochs, local_epochs<1>, Words...>::type::epochs;
  static constexpr int batch =
      detail::first_word<detail::has_batch, batch_size<32>, Words...>::type::batch;
  static constexpr bool keep_optimizer =
      detail::first_word<detail::has_keep, optimizer_state::per_client, Words...>::type::keep;

  static constexpr state_rule state =
      detail::first_word<detail::has_rule, running_state::average, Words...>::type::rule;

  // The scopes of the words, then "*" over all.
  static constexpr int scopes = 1 + (0 + ... + (detail::has_pattern<Words>::value ? 1 : 0));
  static const std::array<std::string, scopes>& patterns() {
    static const std::array<std::string, scopes> texts = [] {
      std::array<std::string, scopes> p;
      std::size_t i = 0;
      (add<Words>([&](name n, over) { p[i++] = n.text(); }), ...);
      p[i] = "*";
      return p;
    }();
    return texts;
  }
  static constexpr std::array<over, scopes> shares() {
    std::array<over, scopes> s{};
    std::size_t i = 0;
    (add<Words>([&](name, over o) { s[i++] = o; }), ...);
    s[i] = over::all;
    return s;
  }

 private:
  template <class Word, class F>
  static constexpr void add(const F& f) {
    if constexpr (detail::has_pattern<Word>::value) f(Word::pattern, Word::among);
  }
};

}  // namespace tessera::inline v0
