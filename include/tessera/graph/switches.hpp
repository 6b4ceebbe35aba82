#pragma once
// Switches per scope. "blocks.3" is a module with all that is in it, "blocks.*" every module just
// below "blocks", one by one, "*" every outermost module. The switches are independent, hold from
// the scope's beginning to its end, and nest.

#include <cstdint>

#include "tessera/meta/name.hpp"

namespace tessera::inline v0 {

enum class scope_switch : std::uint8_t {
  train_only,  // parameters outside all scopes of this switch are frozen
  freeze,      // parameters inside are frozen; gradients still pass through to what it reads
  eval_mode,   // built as for inference (running statistics, no noise)
  detach,      // no gradient leaves to what the scope reads from outside (graph/detach.hpp)
  recompute,   // activations are computed again for the backward pass (graph/recompute.hpp)
};

struct scope_rule {
  scope_switch what = scope_switch::train_only;
  std::uint64_t hash = 0;  // of the path, without ".*"
  bool children = false;   // "....*"
  bool met = false;        // some module is such a scope
  name text{""};           // as it was written
};

constexpr scope_rule rule_for(scope_switch what, const name& pattern) {
  scope_rule r{what};
  r.text = pattern;
  int length = pattern.length();
  r.children = length > 0 && pattern.at(length - 1) == '*';
  if (r.children) length -= length > 1 ? 2 : 1;
  for (int i = 0; i < length; ++i)
    r.hash = r.hash * hash_base + static_cast<unsigned char>(pattern.at(i));
  return r;
}

struct open_scope {  // a scope under construction that a rule speaks of, and what held before it
  scope_switch what = scope_switch::train_only;
  int first = 0;  // node
  bool inside = true, frozen = false, training = false;
};

struct node_range {  // an ended scope of the switches that passes read
  scope_switch what = scope_switch::detach;
  int first = 0, end = 0;  // nodes
};

}  // namespace tessera::inline v0
