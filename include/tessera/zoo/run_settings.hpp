#pragma once
// What a run may be told from outside, as plain structs with flags, help and JSON
// (meta/reflect.hpp, zoo/settings_json.hpp): a training run with AdamW, a server with early exits, a
// simulated federation; and the settings structs of progress lines and of a federated round.
//
//     ts::training_settings s;
//     ts::from_flags(s, argc, argv);                       // --epochs=20 --lr=3e-4
//     ts::trainer<step> run(s.seed);
//     s.apply(run);
//     … run.set("optimizer.lr", s.rate(steps_done, steps_in_all));

#include <cstdint>
#include <span>
#include <vector>

#include "tessera/federated/aggregate.hpp"
#include "tessera/federated/partition.hpp"
#include "tessera/io/progress.hpp"
#include "tessera/meta/reflect.hpp"
#include "tessera/train/schedule.hpp"
#include "tessera/train/trainer.hpp"

namespace tessera::inline v0 {

// Defaults are those of train/optimizers.hpp.
struct training_settings {
  int epochs = 15, batch = 100;
  double lr = 1e-3, least_lr = 0, warmup = 0.1;
  double decay = 0.05, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  std::uint64_t seed = 1;

  // The learning rate after `done` of `total`, in any one unit (train/schedule.hpp).
  double rate(double done, double total) const {
    return warmup_cosine(done, warmup * total, total, lr, least_lr);
  }
  // The constants of AdamW; the rate changes with every step and is the caller's.
  template <class T>
  void apply(step_runner<T>& run) const {
    run.set("optimizer.decay", decay);
    run.set("optimizer.beta1", beta1);
    run.set("optimizer.beta2", beta2);
    run.set("optimizer.eps", eps);
  }
};

struct serving_settings {
  double threshold = 0.8;  // of exit_runner::run
  int batch = 100;
};

struct federation_settings {
  int clients = 8, groups = 1, rounds = 8;
  double alpha = 0.5;
  int min_samples = 10;
  double lr = 1e-3, least_lr = 0, warmup = 0.1;
  std::uint64_t seed = 1;

  // What simulation takes: indices per client (federated/partition.hpp), the group of each client.
  client_indices split(std::span<const int> labels) const {
    return partition::dirichlet(labels, clients, alpha, seed, min_samples);
  }
  std::vector<int> groups_of_clients() const {
    std::vector<int> g;
    for (int c = 0; c < clients; ++c) g.push_back(c % (groups < 1 ? 1 : groups));
    return g;
  }
  double rate(double rounds_done) const {
    return warmup_cosine(rounds_done, warmup * rounds, rounds, lr, least_lr);
  }
};

template <>
inline constexpr auto choices_of<state_rule> = std::to_array<std::string_view>({"keep", "average"});

template <>
inline constexpr auto options_of<training_settings> = std::to_array<option>({
    {"epochs", "passes over the data", 1, 1e6},
    {"batch", "images of a step", 1, 1e6},
    {"lr", "highest learning rate", 0, 1e3},
    {"least_lr", "last learning rate", 0, 1e3},
    {"warmup", "share of the run in which the rate rises", 0, 1},
    {"decay", "weight decay of AdamW", 0, 1e3},
    {"beta1", "decay of the first moment", 0, 1},
    {"beta2", "decay of the second moment", 0, 1},
    {"eps", "of AdamW's denominator", 0, 1},
    {"seed", "of weights, order and masks"},
});
template <>
inline constexpr auto options_of<serving_settings> = std::to_array<option>({
    {"threshold", "confidence above which an image leaves at an exit", 0, 1},
    {"batch", "images at once", 1, 1e6},
});
template <>
inline constexpr auto options_of<federation_settings> = std::to_array<option>({
    {"clients", "simulated clients", 1, 1e6},
    {"groups", "client i is in group i mod groups", 1, 1e6},
    {"rounds", "rounds of the server", 1, 1e6},
    {"alpha", "Dirichlet split of the classes; small: unlike clients", 1e-300, 1e300},
    {"min_samples", "fewest images of a client", 0, 1e9},
    {"lr", "highest learning rate", 0, 1e3},
    {"least_lr", "last learning rate", 0, 1e3},
    {"warmup", "share of the rounds in which the rate rises", 0, 1},
    {"seed", "of weights, split, selection and order"},
});
template <>
inline constexpr auto options_of<aggregation_rules> = std::to_array<option>({
    {"round", "the current round", 0},
    {"max_samples", "most images that a client may claim", 1e-6, 1e15},
    {"state", "what becomes of running statistics"},
});
template <>
inline constexpr auto options_of<progress_settings> = std::to_array<option>({
    {"redraw_seconds", "between two drawings on a terminal", 0, 1e6},
    {"line_seconds", "between two lines elsewhere", 0, 1e6},
    {"start", "units done before", 0},
});

}  // namespace tessera::inline v0

BOOST_HANA_ADAPT_STRUCT(tessera::training_settings, epochs, batch, lr, least_lr, warmup, decay,
                        beta1, beta2, eps, seed);
BOOST_HANA_ADAPT_STRUCT(tessera::serving_settings, threshold, batch);
BOOST_HANA_ADAPT_STRUCT(tessera::federation_settings, clients, groups, rounds, alpha, min_samples,
                        lr, least_lr, warmup, seed);
BOOST_HANA_ADAPT_STRUCT(tessera::aggregation_rules, round, max_samples, state);
BOOST_HANA_ADAPT_STRUCT(tessera::progress_settings, redraw_seconds, line_seconds, start);
