#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "support/golden.hpp"
#include "support/scratch_folder.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/ops/cpu/backend.hpp"
#include "tessera/ops/reference.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/train/run_checkpoint.hpp"

namespace ts = tessera;
using golden::filled;

namespace {

// Drop path draws, batch norm writes state, the average starts at the first update.
template <int Width>
using plain = ts::vit<ts::image<8>, ts::patch<2>, ts::width<Width>, ts::heads<2>, ts::depth<3>,
                      ts::classes<5>, ts::drop_path<1, 2>>;
template <int Width = 6, class Optimizer = ts::adamw>
using step = ts::train<
    ts::early_exit<plain<Width>, ts::exit_at<1, ts::exit_head::local_perception<3>>>, Optimizer,
    ts::clip_by_norm, ts::ema, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>,
    ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>>;
template <class Step, class T = float>
using run_of =
    ts::trainer<Step, std::conditional_t<std::is_same_v<T, float>, ts::cpu, ts::reference>, T>;

template <class T>
std::vector<double> go_on(ts::step_runner<T>& run, int steps) {
  const auto images = filled<T>("input", {4, 3, 8, 8});
  const std::vector<std::int32_t> labels{0, 4, 2, 1};
  std::vector<double> losses;
  for (int i = 0; i < steps; ++i) losses.push_back(run.step(images, labels));
  return losses;
}

template <class T>
bool same_bits(ts::step_runner<T>& a, ts::step_runner<T>& b) {
  const auto equal = [](std::span<const T> x, std::span<const T> y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size_bytes()) == 0;
  };
  bool same = equal(a.parameters().values, b.parameters().values);
  for (int i = 0; i < 3; ++i) same = same && equal(a.optimizer_state(i), b.optimizer_state(i));
  return same && a.steps() == b.steps() && a.draws() == b.draws() && a.seed() == b.seed();
}

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const ts::error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE_TEMPLATE("a run goes on bit for bit from where it was saved", T, float, double) {
  const scratch_folder folder;
  const std::string path = folder.path / "run.safetensors";
  run_of<step<>, T> whole(7), other(8);
  go_on(whole, 3);
  ts::save_run(path, whole, {{"epoch", "2"}, {"batch", "11"}});
  go_on(other, 2);  // whatever it did before is forgotten

  const ts::run_notes at = ts::load_run(path, other);

  CHECK(at == ts::run_notes{{"epoch", "2"}, {"batch", "11"}});
  CHECK(same_bits<T>(whole, other));
  CHECK(go_on(whole, 4) == go_on(other, 4));
  CHECK(same_bits<T>(whole, other));
}

TEST_CASE("a run saved before its first step starts as the saved one would have") {
  const scratch_folder folder;
  const std::string path = folder.path / "run.safetensors";
  run_of<step<>> first(3), second(4);
  ts::save_run(path, first);

  CHECK(ts::load_run(path, second).empty());
  CHECK(go_on(first, 2) == go_on(second, 2));
  CHECK(same_bits<float>(first, second));
}

TEST_CASE("a checkpoint of another network, optimizer or kind is refused and changes nothing") {
  const scratch_folder folder;
  const std::string path = folder.path / "run.safetensors";
  const std::string bare = folder.path / "weights.safetensors";
  run_of<step<>> run(7);
  go_on(run, 2);
  ts::save_run(path, run);
  ts::save_weights(run.parameters(), bare);

  run_of<step<12>> wide(7), wide_before(7);
  CHECK(refusal([&] { ts::load_run(path, wide); }).find("mis-shaped") != std::string::npos);
  CHECK(same_bits<float>(wide, wide_before));
  run_of<step<6, ts::sgd>> momentum(7);
  CHECK(refusal([&] { ts::load_run(path, momentum); }).find("unexpected: optimizer/2/") !=
        std::string::npos);
  CHECK(refusal([&] { ts::load_run(bare, run); }).find("tessera.draws") == std::string::npos);
  CHECK(refusal([&] { ts::load_run(bare, run); }).find("metadata \"tessera.steps\"") !=
        std::string::npos);
}

TEST_CASE("counts that are none are refused") {
  const scratch_folder folder;
  const std::string path = folder.path / "run.safetensors";
  run_of<step<>> run(7), before(7);
  for (const char* steps : {"", "-1", "3.5", "99999999999999999999", "4 "}) {
    ts::run_notes notes{{"tessera.steps", steps}, {"tessera.draws", "1"}, {"tessera.seed", "7"}};
    ts::save_weights(run.parameters(), path, notes);

    CHECK(refusal([&] { ts::load_run(path, run); }).find("a count") != std::string::npos);
  }
  CHECK(same_bits<float>(run, before));
}

TEST_CASE("a run in the middle of a step, and notes with our names, are not saved") {
  const scratch_folder folder;
  const std::string path = folder.path / "run.safetensors";
  run_of<step<>> run(7);

  CHECK_THROWS_AS(ts::save_run(path, run, {{"tessera.steps", "5"}}), ts::error);
  run.gradient(filled<float>("input", {1, 3, 8, 8}), std::vector<std::int32_t>{1});
  CHECK_THROWS_AS(ts::save_run(path, run), ts::error);
  CHECK(folder.files() == 0);
}
