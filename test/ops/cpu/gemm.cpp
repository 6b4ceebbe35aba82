#include "tessera/ops/cpu/targets.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using tessera::gemm_call;
using tessera::isa;
using tessera::thread_pool;
using extent = std::int64_t;

std::vector<isa> sets() {
  std::vector<isa> all{isa::baseline};
  if (tessera::chosen_isa() >= isa::avx2) all.push_back(isa::avx2);
  if (tessera::chosen_isa() >= isa::avx3) all.push_back(isa::avx3);
  return all;
}

void product(isa i, const gemm_call& call) { TESSERA_CPU_PICK(i, gemm)(call); }

struct shape {
  extent m, n, k;
};
struct form {
  bool a_transposed, b_transposed, accumulate, bias;
};

constexpr float guard = -77.25f;

// Operands of exact size on the heap; C has guards between its rows and at both ends.
struct problem {
  std::vector<float> a, b, bias, c;
  gemm_call call;

  problem(shape s, form f, unsigned seed, extent gap = 3)
      : a(static_cast<std::size_t>(s.m * s.k)),
        b(static_cast<std::size_t>(s.k * s.n)),
        bias(static_cast<std::size_t>(s.n)),
        c(static_cast<std::size_t>(s.m * (s.n + gap) + gap), guard) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
    for (auto* v : {&a, &b, &bias})
      for (float& x : *v) x = uniform(random);
    call.m = s.m, call.n = s.n, call.k = s.k;
    call.a = a.data(), call.b = b.data(), call.c = c.data() + gap;
    call.a_row = f.a_transposed ? 1 : s.k, call.a_col = f.a_transposed ? s.m : 1;
    call.b_row = f.b_transposed ? 1 : s.n, call.b_col = f.b_transposed ? s.k : 1;
    call.c_row = s.n + gap;
    call.accumulate = f.accumulate;
    call.bias = f.bias ? bias.data() : nullptr;
    for (extent i = 0; i < s.m; ++i)
      for (extent j = 0; j < s.n; ++j) call.c[i * call.c_row + j] = uniform(random);
  }
  problem(const problem&) = delete;
  problem& operator=(const problem&) = delete;
};

// How far C is from a sum in double, in units of the sum of the absolute terms; infinity if a guard
// has changed.
double distance(const problem& p, const std::vector<float>& before) {
  const gemm_call& g = p.call;
  const auto old = [&](const float* at) {
    return static_cast<double>(before[static_cast<std::size_t>(at - p.c.data())]);
  };
  double worst = 0;
  std::size_t inside = 0;
  for (extent i = 0; i < g.m; ++i)
    for (extent j = 0; j < g.n; ++j, ++inside) {
      const float* at = g.c + i * g.c_row + j;
      double sum = (g.accumulate ? old(at) : 0) + (g.bias ? static_cast<double>(g.bias[j]) : 0);
      double size = std::fabs(sum) + 1e-3;
      for (extent k = 0; k < g.k; ++k) {
        const double term = static_cast<double>(g.a[i * g.a_row + k * g.a_col]) *
                            static_cast<double>(g.b[k * g.b_row + j * g.b_col]);
        sum += term, size += std::fabs(term);
      }
      worst = std::fmax(worst, std::fabs(sum - static_cast<double>(*at)) / size);
    }
  std::size_t guards = 0;
  for (const float x : p.c) guards += x == guard;
  return guards + inside == p.c.size() ? worst : std::numeric_limits<double>::infinity();
}

std::string name(isa i, shape s, form f) {
  return std::string(tessera::name_of(i)) + " m " + std::to_string(s.m) + " n " +
         std::to_string(s.n) + " k " + std::to_string(s.k) + (f.a_transposed ? " A^T" : "") +
         (f.b_transposed ? " B^T" : "") + (f.accumulate ? " +=" : "") + (f.bias ? " bias" : "");
}

std::vector<form> forms() {
  std::vector<form> all;
  for (int f = 0; f < 16; ++f)
    all.push_back({(f & 1) != 0, (f & 2) != 0, (f & 4) != 0, (f & 8) != 0});
  return all;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

constexpr double bound = 4e-6;

}  // namespace

TEST_CASE("every mix of small extents matches a double sum and leaves the guards alone") {
  for (const isa i : sets())
    for (const extent m : {1, 5, 6, 7, 16, 17, 33})
      for (const extent n : {1, 5, 6, 7, 16, 17, 31, 33})
        for (const extent k : {1, 5, 6, 7, 16, 17, 31, 33}) {
          // Each mix takes one of the sixteen forms; the next case takes all of them.
          const form f = forms()[static_cast<std::size_t>((m * 5 + n * 3 + k) % 16)];
          problem p({m, n, k}, f, static_cast<unsigned>(m * 1000 + n * 50 + k));
          const std::vector<float> before = p.c;
          product(i, p.call);
          const double d = distance(p, before);
          if (!(d < bound)) FAIL_CHECK(name(i, {m, n, k}, f), " distance ", d);
        }
}

TEST_CASE("all transposed, accumulating and biased forms match a double sum") {
  for (const isa i : sets())
    for (const shape s : {shape{7, 33, 17},
                          {1, 197, 31},
                          {197, 1, 33},
                          {197, 31, 197},
                          {33, 197, 257},
                          {100, 129, 300},
                          {197, 197, 64},
                          {197, 150, 530}})
      for (const form f : forms()) {
        problem p(s, f, 1);
        const std::vector<float> before = p.c;
        product(i, p.call);
        const double d = distance(p, before);
        if (!(d < bound)) FAIL_CHECK(name(i, s, f), " distance ", d);
      }
}

TEST_CASE("extents beyond one block match a double sum") {
  for (const isa i : sets())
    for (const shape s : {shape{1543, 19, 37}, {11, 1061, 270}, {1600, 1030, 5}}) {
      const form f{false, true, true, true};
      problem p(s, f, 2);
      const std::vector<float> before = p.c;
      product(i, p.call);
      const double d = distance(p, before);
      CHECK_MESSAGE(d < bound, name(i, s, f), " distance ", d);
    }
}

TEST_CASE("operands without a contiguous direction are right") {
  for (const isa i : sets()) {
    problem wide({38, 2 * 21, 2 * 19}, {false, false, false, false}, 3);
    gemm_call& g = wide.call;
    g.n = 21, g.k = 19, g.a_col = 2, g.b_col = 2;  // every second column of A and of B
    const std::vector<float> before = wide.c;
    product(i, g);
    double worst = 0;
    for (extent r = 0; r < g.m; ++r)
      for (extent j = 0; j < g.n; ++j) {
        double sum = 0;
        for (extent k = 0; k < g.k; ++k)
          sum += static_cast<double>(g.a[r * g.a_row + 2 * k]) *
                 static_cast<double>(g.b[k * g.b_row + 2 * j]);
        worst = std::fmax(worst, std::fabs(sum - static_cast<double>(g.c[r * g.c_row + j])));
      }
    CHECK_MESSAGE(worst < 1e-5, tessera::name_of(i));
  }
}

TEST_CASE("pools of one, two and three threads and none give the same bits") {
  thread_pool one(1), two(2), three(3);
  for (const isa i : sets())
    // The last three are split over k.
    for (const shape s : {shape{197, 300, 530},
                          {400, 64, 64},
                          {3, 1000, 768},
                          {1600, 40, 300},
                          {192, 64, 2100},
                          {7, 9, 5000},
                          {256, 200, 1100}})
      for (const form f : {form{false, true, false, true},
                           {true, false, true, false},
                           {true, true, true, true},
                           {false, false, false, false}}) {
        problem p(s, f, 4);
        const std::vector<float> before = p.c;
        product(i, p.call);
        const std::vector<float> alone = p.c;
        for (thread_pool* pool : {&one, &two, &three}) {
          p.c.assign(before.begin(), before.end());
          p.call.pool = pool;
          product(i, p.call);
          if (!same_bits(p.c, alone)) FAIL_CHECK(name(i, s, f), " threads ", pool->size());
        }
      }
}

TEST_CASE("a product split over k matches a double sum") {
  thread_pool two(2);
  for (const isa i : sets())
    for (const form f : {form{true, false, true, false}, {true, false, false, true}}) {
      problem p({40, 33, 6001}, f, 5);
      p.call.pool = &two;
      const std::vector<float> before = p.c;
      product(i, p.call);
      const double d = distance(p, before);
      CHECK_MESSAGE(d < bound, name(i, {40, 33, 6001}, f), " distance ", d);
    }
}

TEST_CASE("rows computed alone or in parts have the bits of the whole product") {
  thread_pool two(2);
  for (const isa i : sets())
    for (const form f : {form{false, true, false, true}, {false, false, true, false}}) {
      problem p({130, 140, 1300}, f, 6);
      p.call.pool = &two;
      const std::vector<float> before = p.c;
      product(i, p.call);
      const std::vector<float> whole = p.c;
      for (const extent rows : {1, 7, 65}) {
        p.c.assign(before.begin(), before.end());
        for (extent r = 0; r < 130; r += rows) {
          gemm_call part = p.call;
          part.m = rows < 130 - r ? rows : 130 - r;
          part.a += r * part.a_row;
          part.c += r * part.c_row;
          product(i, part);
        }
        CHECK_MESSAGE(same_bits(p.c, whole), name(i, {rows, 140, 1300}, f));
      }
    }
}

TEST_CASE("gemm_core inside the tasks of a pool has the bits of gemm and stays in its scratch") {
  thread_pool two(2);
  for (const isa i : sets())
    for (const shape s : {shape{197, 197, 64}, {5, 300, 300}, {1600, 33, 20}}) {
      problem p(s, {false, true, false, false}, 7);
      product(i, p.call);
      const std::vector<float> want = p.c;
      constexpr int heads = 6;
      std::vector<std::unique_ptr<problem>> head;
      for (int h = 0; h < heads; ++h)
        head.push_back(std::make_unique<problem>(s, form{false, true, false, false}, 7u));
      const std::size_t bytes = tessera::gemm_scratch_bytes(s.m, s.n, s.k);
      auto* const core = TESSERA_CPU_PICK(i, gemm_core);
      two.run(heads, [&](int h) {
        // An allocation of its own and of the exact size: a sanitizer sees a step too far.
        const std::unique_ptr<char[]> scratch(new char[bytes + 64]);
        const auto start = reinterpret_cast<std::uintptr_t>(scratch.get());
        core(head[static_cast<std::size_t>(h)]->call, scratch.get() + (64 - start % 64) % 64);
      });
      for (const auto& h : head) CHECK(same_bits(h->c, want));
    }
}

TEST_CASE("NaN reaches exactly the row of A and the column of B that hold it") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const isa i : sets()) {
    problem p({19, 37, 300}, {false, true, false, true}, 8);
    p.a[11 * 300 + 299] = nan;
    p.b[36 * 300 + 0] = nan;
    product(i, p.call);
    bool good = true;
    for (extent r = 0; r < 19; ++r)
      for (extent j = 0; j < 37; ++j)
        good = good && std::isnan(p.call.c[r * p.call.c_row + j]) == (r == 11 || j == 36);
    CHECK_MESSAGE(good, tessera::name_of(i));
  }
}

TEST_CASE("zero times infinity is NaN: no term is left out") {
  for (const isa i : sets()) {
    problem p({3, 3, 3}, {false, false, false, false}, 9);
    for (float& x : p.a) x = 0.0f;
    p.b[4] = std::numeric_limits<float>::infinity();  // B[1, 1]
    product(i, p.call);
    CHECK(std::isnan(p.call.c[1]));
    CHECK(p.call.c[0] == 0.0f);
  }
}

TEST_CASE("without terms C is its old value or zero, plus the bias") {
  for (const isa i : sets())
    for (const form f : forms()) {
      problem p({4, 9, 0}, f, 10);
      const std::vector<float> before = p.c;
      product(i, p.call);
      CHECK_MESSAGE(distance(p, before) < bound, name(i, {4, 9, 0}, f));
    }
}

TEST_CASE("an empty C is left alone") {
  for (const isa i : sets())
    for (const shape s : {shape{0, 5, 5}, {5, 0, 5}, {0, 0, 0}}) {
      problem p(s, {false, false, false, false}, 11);
      const std::vector<float> before = p.c;
      product(i, p.call);
      CHECK(same_bits(p.c, before));
    }
}
