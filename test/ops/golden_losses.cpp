#include <doctest/doctest.h>

#include "support/call.hpp"
#include "support/golden.hpp"

// softmax, dropout and the losses of directions, relations and cells against PyTorch's values and
// gradients (losses.safetensors), reference kernels in float and double.

namespace {

using golden::filled, golden::relative;
using support::call;

template <class T>
constexpr double value_tolerance = sizeof(T) == 8 ? 1e-12 : 1e-5;
template <class T>
constexpr double gradient_tolerance = sizeof(T) == 8 ? 1e-10 : 1e-4;

const golden::file& want() {
  static const golden::file losses("losses");
  return losses;
}
template <class T>
void is_value(const std::string& key, const std::vector<T>& found) {
  INFO(key);
  CHECK(relative(found, want()[key]) <= value_tolerance<T>);
}
template <class T>
void is_gradient(const std::string& key, const std::vector<T>& found) {
  INFO(key);
  CHECK(relative(found, want()[key]) <= gradient_tolerance<T>);
}

template <tessera::name Op, tessera::name Gradient, class T>
void softens(const std::string& key, double temperature) {
  const auto y = call<T>(5).sample({11}, filled<T>("softmax.logits", {5, 11})).setting(temperature)
                     .template run<Op>();
  const auto d = call<T>(5).sample({11}, filled<T>("softmax.upstream", {5, 11}))
                     .sample({11}, y.out(0)).setting(temperature).template run<Gradient>();

  is_value(key + ".output", y.out(0));
  is_gradient(key + ".grad", d.out(0));
}

template <class T>
struct relation {
  std::vector<T> x, unit, inverse, output;

  relation(const std::string& name, int of_tokens) : x(filled<T>(name, {3, 5, 4})), unit(x) {
    if (of_tokens == 1) {
      const auto n = call<T>(3).sample({5, 4}, x).setting(1e-12).template run<"l2_normalise">();
      unit = n.out(0), inverse = n.out(1);
    }
    output = call<T>(3).sample({5, 4}, unit).attributes({of_tokens}).template run<"gram">().out(0);
  }
  // The gradient of the mean squared error of two of them to this one's x.
  std::vector<T> gradient(const relation& other, int of_tokens) const {
    const int side = of_tokens == 1 ? 5 : 4;
    const auto e = call<T>(3).weight({}, {1}).sample({side, side}, output)
                       .sample({side, side}, other.output).template run<"mse_gradient">();
    const auto d = call<T>(3).sample({side, side}, e.out(0)).sample({5, 4}, unit)
                       .attributes({of_tokens}).template run<"gram_gradient">();
    if (of_tokens == 0) return d.out(0);
    return call<T>(3).sample({5, 4}, d.out(0)).sample({5, 4}, unit).sample({5}, inverse)
        .setting(1e-12).template run<"l2_normalise_gradient">().out(0);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("softmax and log_softmax at two temperatures are PyTorch's", T, float, double) {
  softens<"softmax", "softmax_gradient", T>("softmax.1.0", 1);
  softens<"softmax", "softmax_gradient", T>("softmax.0.25", 0.25);
  softens<"log_softmax", "log_softmax_gradient", T>("log_softmax.1.0", 1);
  softens<"log_softmax", "log_softmax_gradient", T>("log_softmax.0.25", 0.25);
}

TEST_CASE_TEMPLATE("dropout keeps what a second reading of Philox keeps", T, float, double) {
  const auto drop = [](const std::string& name) {
    return call<T>(3).sample({9}, filled<T>(name, {3, 9})).setting(0.3).random(7, 3, 11)
        .ids({70, 8, 31}).template run<"dropout">().out(0);
  };

  is_value("dropout.output", drop("dropout.input"));
  is_gradient("dropout.grad", drop("dropout.upstream"));
}

TEST_CASE_TEMPLATE("cosine_distance is PyTorch's, rows shorter than eps too", T, float, double) {
  const auto x = filled<T>("cosine.x", {6, 7}), y = filled<T>("cosine.y", {6, 7});
  const auto loss = [&](double eps) {
    return call<T>(6).sample({7}, x).sample({7}, y).setting(eps)
        .template run<"cosine_distance">().out(0);
  };
  const auto gradient = [](const std::vector<T>& of, const std::vector<T>& other) {
    return call<T>(6).weight({}, {1}).sample({7}, of).sample({7}, other).setting(1e-8)
        .template run<"cosine_distance_gradient">().out(0);
  };

  is_value("cosine.loss", loss(1e-8));
  is_value("cosine.short.loss", loss(1.5));
  is_gradient("cosine.grad.x", gradient(x, y));
  is_gradient("cosine.grad.y", gradient(y, x));
}

TEST_CASE_TEMPLATE("errors of gram matrices are PyTorch's, of channels and of tokens", T, float,
                   double) {
  for (const int of_tokens : {0, 1}) {
    const std::string key = of_tokens == 1 ? "gram.tokens." : "gram.channels.";
    const relation<T> x("gram.x", of_tokens), y("gram.y", of_tokens);
    const int side = of_tokens == 1 ? 5 : 4;
    const auto loss = call<T>(3).sample({side, side}, x.output).sample({side, side}, y.output)
                          .template run<"mse">();

    is_value(key + "output", x.output);
    is_value(key + "loss", loss.out(0));
    is_gradient(key + "grad.x", x.gradient(y, of_tokens));
    is_gradient(key + "grad.y", y.gradient(x, of_tokens));
  }
}

TEST_CASE_TEMPLATE("info_nce of rows of length 1 is PyTorch's, one way and both", T, float,
                   double) {
  const auto unit = [](const std::string& name) {
    return call<T>(6).sample({8}, filled<T>(name, {6, 8})).setting(1e-12)
        .template run<"l2_normalise">();
  };
  const auto q = unit("info_nce.q"), k = unit("info_nce.k");
  for (const int both : {0, 1}) {
    const std::string key = both == 1 ? "info_nce.both." : "info_nce.one.";
    const auto y = call<T>(6).sample({8}, q.out(0)).sample({8}, k.out(0)).setting(0.2)
                       .attributes({both}).template run<"info_nce">();
    const auto d = call<T>(6).weight({}, {1}).sample({8}, q.out(0)).sample({8}, k.out(0))
                       .sample({6}, y.out(1)).setting(0.2).template run<"info_nce_gradient">();
    const auto to_row = [](const std::vector<T>& dy, const call<T>& row) {
      return call<T>(6).sample({8}, dy).sample({8}, row.out(0)).sample({}, row.out(1))
          .setting(1e-12).template run<"l2_normalise_gradient">().out(0);
    };

    is_value(key + "loss", y.out(0));
    is_gradient(key + "grad.q", to_row(d.out(0), q));
    is_gradient(key + "grad.k", to_row(d.out(1), k));
  }
}

TEST_CASE_TEMPLATE("dice of two images of labelled cells is PyTorch's", T, float, double) {
  const auto x = filled<T>("dice.logits", {2, 9, 5});
  std::vector<std::int32_t> labels(18);
  golden::golden_labels<std::int32_t>("dice.labels", 5, labels);
  const auto y =
      call<T>(2).sample({9, 5}, x).index({9}, labels).setting(1).template run<"dice">();
  const auto d = call<T>(2).weight({}, {1}).sample({9, 5}, x).index({9}, labels)
                     .sample({9}, y.out(1)).sample({2, 5}, y.out(2))
                     .template run<"dice_gradient">();

  is_value("dice.loss", y.out(0));
  is_gradient("dice.grad", d.out(0));
}
