#pragma once
// What a graph consists of (graph.hpp builds it): plain structs.
//
//     shape         extents, k * B^power copies of static dimensions, B the batch
//     value         what nodes read and write         node    an op applied to values
//     op_rules      an op as the graph sees it        parameter, input, setting, tap, last_write

#include <cstdint>

#include "tessera/graph/kinds.hpp"
#include "tessera/meta/name.hpp"

namespace tessera::inline v0 {

struct graph;
struct node;
class backward;

// Extents: k * B^power rows of dims[0] x ... x dims[rank - 1].
struct shape {
  int k = 1, power = 1, rank = 0;
  int dims[4] = {};

  constexpr int last() const { return rank > 0 ? dims[rank - 1] : 1; }
  constexpr shape rows() const {  // one number for each row of last()
    shape s = *this;
    if (rank > 0) s.dims[--s.rank] = 0;
    return s;
  }
  constexpr std::int64_t per_sample() const {  // product of the dimensions
    std::int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= dims[i];
    return n;
  }
  constexpr std::int64_t count(std::int64_t batch) const {
    return (power == 0 ? 1 : power == 1 ? batch : batch * batch) * k * per_sample();
  }
  friend constexpr bool operator==(const shape&, const shape&) = default;
};

using value_id = int;  // -1: absent
inline constexpr value_id absent = -1;

struct value {
  shape extent;
  role kind = role::real;
  storage where = storage::activation;
  bool wanted = false;         // depends on a weight, through no stop-gradient
  int producer = -1;           // node that writes it
  int index = -1;              // parameter, input or optimizer buffer it is
  value_id view_of = absent;   // same memory under another shape
  value_id rows = absent;      // up_to: an index value with the count of rows that are there
};

// Static attributes of a node: they may decide kernels.
struct attributes {
  int a = 0, b = 0, c = 0, d = 0, e = 0, f = 0;
  friend constexpr bool operator==(const attributes&, const attributes&) = default;
};

// What of a node its kernel is compiled for; everything else is a run-time argument.
struct op_key {
  int a = 0, b = 0, c = 0, d = 0, e = 0, f = 0;
  friend constexpr bool operator==(const op_key&, const op_key&) = default;
};

// The rules of an op, gathered from op<"name"> (graph/op.hpp).
struct op_rules {
  name id;
  std::uint64_t hash = 0;  // of the name
  int outputs = 1;
  unsigned accumulates = 0;  // bit i: output i honours operand::accumulate
  unsigned optional = 0;     // bit i: output i may be null where nobody reads it
  void (*infer)(graph&, const node&) = nullptr;
  std::int64_t (*macs)(const graph&, const node&) = nullptr;  // per sample
  void (*gradient)(graph&, const node&, backward&) = nullptr;
  op_key (*key)(const graph&, const node&) = nullptr;
  const char* (*variant)(const attributes&) = nullptr;
  // Which of the optional rules there are: comparing their addresses is no constant for g++ with
  // -fsanitize=undefined.
  bool has_macs = false, has_gradient = false, has_key = false;
};

struct node {
  const op_rules* op = nullptr;
  attributes attr;
  int first_input = 0, inputs = 0;
  value_id output = absent;  // outputs are consecutive values
  int settings = -1;         // first of its run-time settings
  std::uint64_t site = 0;    // hash of its module path: the randomness it draws, the table it is in
  int text = -1;
};

struct parameter {
  std::uint64_t hash = 0;
  shape extent;  // power 0
  slice_kind kind = slice_kind::weight;
  initialiser init = initialiser::zeros;
  float scale = 0;
  bool decay = true;
  value_id value = absent;
  int text = -1;
};

struct input {
  std::uint64_t hash = 0;
  value_id value = absent;
  int text = -1;
};

struct setting {  // a number a run may change: loss weight, temperature, learning rate
  std::uint64_t hash = 0;
  double value = 0;
  int text = -1;
};

struct tap {
  std::uint64_t hash = 0;
  value_id value = absent;
  int text = -1;
};

// What a folded graph leaves out: as many more modules like the one that these nodes and parameters
// belong to.
struct fold {
  int first_node = 0, end_node = 0, first_parameter = 0, end_parameter = 0, more = 0;
};

struct last_write {  // a state's new value, written when everything else has been read
  const op_rules* op = nullptr;
  value_id from = absent, state = absent;
  int setting = -1;
};

}  // namespace tessera::inline v0
