#pragma once
// CPU kernels against the reference in double: on every instruction set of this processor, and the
// same bits with any number of threads.
//
//     agrees<"add">([&]<class T>(T) { return call<T>(2).sample({3}, ..).sample({3}, ..); });

#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/call.hpp"
#include "tessera/ops/cpu/kernels.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace support {

// The set and the pool that on_cpu<Key> runs with.
inline ts::isa set = ts::isa::baseline;
inline ts::thread_pool* pool = nullptr;
template <ts::op_key Key>
struct on_cpu;

inline std::vector<ts::isa> sets() {
  std::vector<ts::isa> all{ts::isa::baseline};
  if (ts::chosen_isa() >= ts::isa::avx2) all.push_back(ts::isa::avx2);
  if (ts::chosen_isa() >= ts::isa::avx3) all.push_back(ts::isa::avx3);
  return all;
}

}  // namespace support

template <tessera::name Op, tessera::op_key Key>
struct tessera::kernel<Op, support::on_cpu<Key>> {
  template <class T>
  static void run(const arguments& a) {
    arguments with_pool = a;
    with_pool.pool = support::pool;
    cpu_kernels::kernel<Op>::template run<Key>(with_pool, support::set);
  }
};

namespace support {

template <class T>
std::vector<T> as(const std::vector<double>& x) {
  return std::vector<T>(x.begin(), x.end());
}

// Outputs of an op, integers as numbers, and inputs that an update op writes.
template <ts::name Op, class T>
std::vector<std::vector<T>> results(const call<T>& c) {
  std::vector<std::vector<T>> r;
  if (Op.text() == "adamw") return {c.in(0), c.in(2), c.in(3)};
  if (Op.text() == "sgd" || Op.text() == "lars") return {c.in(0), c.in(2)};
  if (Op.text() == "ema") return {c.in(1)};
  if (Op.text().starts_with("clip_by")) return {c.in(0)};
  for (int i = 0; i < ts::rules_of<Op>.outputs; ++i) {
    r.push_back(c.out(i));
    r.back().insert(r.back().end(), c.index_out(i).begin(), c.index_out(i).end());
    r.back().insert(r.back().end(), c.mask_out(i).begin(), c.mask_out(i).end());
  }
  return r;
}

// The worst difference, relative to the largest element or to 1; what is no number must be none in
// both (outputs that nobody reads).
inline double relative_distance(std::vector<double> got, std::vector<double> want) {
  double largest = 1;
  for (std::size_t i = 0; i < want.size() && i < got.size(); ++i) {
    if (std::isnan(got[i]) && std::isnan(want[i])) got[i] = want[i] = 0;
    largest = std::fmax(largest, std::fabs(want[i]));
  }
  return distance(got, want) / largest;
}

// make(T()) -> call<T>. Every set is close to the reference in double, and has the same bits
// whatever the pool.
template <ts::name Op, ts::op_key Key = ts::op_key{}, class Make>
void agrees(const Make& make, const std::string& what = "", double tolerance = 2e-6) {
  const auto want = results<Op, double>(make(double()).template run<Op>());
  static ts::thread_pool one(1), two(2), three(3);
  for (const ts::isa s : sets()) {
    set = s, pool = nullptr;
    const auto alone = results<Op, float>(make(float()).template run<Op, on_cpu<Key>>());
    for (std::size_t i = 0; i < want.size(); ++i) {
      const double d = relative_distance({alone[i].begin(), alone[i].end()}, want[i]);
      if (!(d <= tolerance))
        FAIL_CHECK(Op.text(), " ", what, " ", ts::name_of(s), " output ", i, " differs by ", d);
    }
    for (ts::thread_pool* p : {&one, &two, &three}) {
      pool = p;
      const auto shared = results<Op, float>(make(float()).template run<Op, on_cpu<Key>>());
      for (std::size_t i = 0; i < alone.size(); ++i)
        if (std::memcmp(shared[i].data(), alone[i].data(), alone[i].size() * sizeof(float)) != 0)
          FAIL_CHECK(Op.text(), " ", what, " ", ts::name_of(s), " output ", i,
                     " depends on threads: ", p->size());
    }
  }
}

}  // namespace support
