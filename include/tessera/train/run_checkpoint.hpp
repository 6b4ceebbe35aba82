#pragma once
// A training run in one safetensors file: weights and state under their names, optimizer buffers
// under "optimizer/0/NAME", and as metadata the updates so far, what randomness has counted, its seed
// and the caller's notes on where the loop stood.
//
//     save_run("run.safetensors", run, {{"epoch", "7"}, {"batch", "12"}});
//     const run_notes at = load_run("run.safetensors", run);  // at.at("epoch") == "7"
//
// A loaded run goes on bit for bit as the saved one would have: data order and masks are functions
// of seed and counts (data/sampler.hpp), so nothing else is random. Settings (learning rates, loss
// weights, lr scales) are the program's: it sets them again as it did at its start. The file appears
// whole or not at all. Errors: tessera::error; loading is strict and changes the run not at all or
// wholly; a run in the middle of a step (gradients wait for update()) is not saved.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tessera/model/checkpoint.hpp"
#include "tessera/train/trainer.hpp"

namespace tessera::inline v0 {

using run_notes = std::map<std::string, std::string>;

namespace detail {

inline std::vector<std::string> run_prefixes(int optimizer_buffers) {
  std::vector<std::string> prefixes{""};
  for (int i = 0; i < optimizer_buffers; ++i)
    prefixes.push_back("optimizer/" + std::to_string(i) + "/");
  return prefixes;
}

// Takes a whole number out of the notes.
template <class Number>
Number take_number(const std::string& path, run_notes& notes, const std::string& key) {
  const auto at = notes.find(key);
  const std::string text = at == notes.end() ? "" : at->second;
  Number x = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (at == notes.end() || fault != std::errc() || end != text.data() + text.size() ||
      (key != "tessera.seed" && text.starts_with('-')))
    throw error("load_run: " + path, "metadata \"" + key + "\", a count",
                at == notes.end() ? "none" : "\"" + text.substr(0, 40) + "\"");
  notes.erase(at);
  return x;
}

}  // namespace detail

template <class T>
void save_run(const std::string& path, step_runner<T>& run, run_notes notes = {}) {
  if (!run.fresh()) throw error("save_run: " + path, "a run between steps", "gradients that wait");
  for (const auto& [key, text] : notes)
    if (key.starts_with("tessera."))
      throw error("save_run: " + path, "notes without \"tessera.\" before them", key);
  notes["tessera.steps"] = std::to_string(run.steps());
  notes["tessera.draws"] = std::to_string(run.draws());
  notes["tessera.seed"] = std::to_string(run.seed());
  const std::vector<std::string> prefixes = detail::run_prefixes(run.optimizer_buffers());
  const std::vector<slice>& table = run.parameters().table;
  std::vector<safetensors_entry> entries;
  detail::add_slices<T>(entries, table, run.parameters().values, prefixes[0]);
  for (int i = 0; i < run.optimizer_buffers(); ++i)
    detail::add_slices<T>(entries, table, run.optimizer_state(i),
                          prefixes[static_cast<std::size_t>(i) + 1]);
  write_safetensors(path, entries, notes);
}

template <class T>
run_notes load_run(const std::string& path, step_runner<T>& run) {
  const safetensors_file file = safetensors_file::open(path);
  run_notes notes = file.metadata();
  const auto steps = detail::take_number<std::int64_t>(path, notes, "tessera.steps");
  const auto draws = detail::take_number<std::int64_t>(path, notes, "tessera.draws");
  const auto seed = detail::take_number<std::uint64_t>(path, notes, "tessera.seed");
  auto buffers = detail::read_slices(run.parameters(), file, path,
                                     detail::run_prefixes(run.optimizer_buffers()));
  run.parameters().values.swap(buffers[0]);
  for (int i = 0; i < run.optimizer_buffers(); ++i) {
    const std::vector<T>& from = buffers[static_cast<std::size_t>(i) + 1];
    std::copy(from.begin(), from.end(), run.optimizer_state(i).begin());
  }
  run.zero_gradients();
  run.set_steps(steps);
  run.set_draws(draws);
  run.set_seed(seed);
  return notes;
}

}  // namespace tessera::inline v0
