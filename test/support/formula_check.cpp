#include "formula.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// Expected numbers are the output of `python test/golden/make_golden.py --formula`.

namespace {

struct sample {
  const char* name;
  std::vector<int> shape;
  std::uint64_t hash;
  float first, second, third, last;
  std::uint64_t sum_of_bits;  // over all elements, as float32 bit patterns
};

const std::array samples{
    sample{"input",
           {2, 3, 224, 224},
           0x1ebbae8f5810b65b,
           -0x1.f47a10p-1f,
           -0x1.9bd584p-1f,
           0x1.3808b8p-2f,
           0x1.fd67c0p-2f,
           0x2464e7857c988},
    sample{"noise",
           {2, 64},
           0x6c092771d20768d1,
           0x1.12c178p-1f,
           0x1.067c8cp-1f,
           0x1.4484f8p-3f,
           0x1.3da5c0p-4f,
           0x1f5dce079b},
    sample{"kd.student_logits",
           {4, 10},
           0xa64a02451cc4af1c,
           -0x1.5a5308p+0f,
           -0x1.15822cp+1f,
           0x1.7f8d80p-2f,
           -0x1.561e50p+0f,
           0x13f5f960c8},
    sample{"blocks.0.attn.qkv.bias",
           {144},
           0x6e8560fe2b668cb5,
           -0x1.a54a20p-7f,
           -0x1.d89c74p-5f,
           -0x1.30bf48p-5f,
           0x1.66f2d8p-5f,
           0x46b593f260},
    sample{"cls_token",
           {1, 1, 48},
           0x4121142b781a9599,
           -0x1.083ac0p-3f,
           -0x1.75ec80p-8f,
           -0x1.3ac130p-4f,
           0x1.0dce2cp-3f,
           0x1890edb688},
    sample{"pos_embed",
           {1, 65, 48},
           0x299f5568d6876baf,
           0x1.70a560p-5f,
           -0x1.167530p-3f,
           0x1.ef7800p-9f,
           0x1.ae3d1cp-3f,
           0x5d836bb42c0},
    sample{"bn.running_mean",
           {5},
           0xb7e84e6e028924c8,
           0x1.e2cba8p-3f,
           0x1.b1b618p-3f,
           0x1.359ef0p-4f,
           -0x1.7b8a90p-3f,
           0x1b7062254},
    sample{"bn.running_var",
           {5},
           0xb775ae3b4fc2588a,
           0x1.e491aep-1f,
           0x1.2e4ad8p+0f,
           0x1.dd2f34p-1f,
           0x1.eeb6c8p-1f,
           0x13d41149f},
    sample{"blocks.0.norm1.weight",
           {48},
           0xf62bb0f67e97a7c8,
           0x1.c23e3ep-1f,
           0x1.03fbe4p+0f,
           0x1.36ad3cp+0f,
           0x1.fdef98p-1f,
           0xbe67c4790},
    sample{"blocks.0.attn.qkv.weight",
           {144, 48},
           0xb8eed840ed199670,
           0x1.41fce0p-4f,
           0x1.de8818p-4f,
           -0x1.95e490p-5f,
           -0x1.9a5fd8p-3f,
           0xd71eca7839e},
    sample{"blocks.0.mlp.fc2.weight",
           {48, 192},
           0x22e56c709586a10d,
           0x1.3c45bcp-4f,
           -0x1.a73f70p-4f,
           0x1.e6f5a0p-7f,
           -0x1.8ae078p-5f,
           0x1181135a7f2e},
    sample{"patch_embed.proj.weight",
           {36, 3, 5, 5},
           0xb757c5cb8f90eec2,
           -0x1.154ba8p-3f,
           0x1.3038a8p-4f,
           -0x1.5ac10cp-3f,
           -0x1.562ed0p-5f,
           0x54a733bd89e},
    sample{"dw.weight",
           {6, 1, 3, 3},
           0x5e79d265579a660e,
           -0x1.b98980p-4f,
           -0x1.5886d4p-2f,
           0x1.e95c20p-3f,
           -0x1.3ebcb8p-3f,
           0x1cab1c2cf8},
};

std::size_t product(const std::vector<int>& shape) {
  std::size_t n = 1;
  for (const int extent : shape) n *= static_cast<std::size_t>(extent);
  return n;
}

}  // namespace

TEST_CASE("the golden formula gives the numbers of its Python twin, bit for bit") {
  for (const sample& s : samples) {
    CAPTURE(std::string(s.name));
    std::vector<float> values(product(s.shape));

    golden::golden_fill<float>(s.name, s.shape, values);

    std::uint64_t sum = 0;
    for (const float v : values) sum += std::bit_cast<std::uint32_t>(v);
    CHECK(golden::fnv1a64(s.name) == s.hash);
    CHECK(values[0] == s.first);
    CHECK(values[1] == s.second);
    CHECK(values[2] == s.third);
    CHECK(values.back() == s.last);
    CHECK(sum == s.sum_of_bits);
  }
}

TEST_CASE("golden values are the same numbers in float and in double") {
  for (const sample& s : samples) {
    CAPTURE(std::string(s.name));
    std::vector<float> single(product(s.shape));
    std::vector<double> wide(single.size());

    golden::golden_fill<float>(s.name, s.shape, single);
    golden::golden_fill<double>(s.name, s.shape, wide);

    CHECK(std::vector<double>(single.begin(), single.end()) == wide);
  }
}

TEST_CASE("the amplitude of a weight falls to one half when its fan-in grows by four") {
  const auto amplitude = [](int fan_in) {
    return golden::rule("fc.weight", std::array{7, fan_in}).amplitude;
  };

  CHECK(amplitude(9) == 0.5);
  CHECK(amplitude(31) == 0.5);
  CHECK(amplitude(32) == 0.25);
  CHECK(amplitude(127) == 0.25);
  CHECK(amplitude(128) == 0.125);
  CHECK(amplitude(768) == 0.0625);
}

TEST_CASE("golden labels are the stream modulo the number of classes") {
  std::array<int, 8> labels{};

  golden::golden_labels<int>("labels", 10, labels);

  CHECK(labels == std::array{6, 4, 9, 7, 9, 1, 6, 8});
}

TEST_CASE("a golden tensor whose buffer does not match its shape is refused") {
  std::vector<float> values(5);

  CHECK_THROWS_AS(golden::golden_fill<float>("x", std::array{2, 3}, values), tessera::error);
  CHECK_THROWS_AS(golden::golden_fill<float>("x", std::array{-5}, values), tessera::error);
  CHECK_THROWS_AS(golden::golden_labels<float>("x", 0, values), tessera::error);
}
