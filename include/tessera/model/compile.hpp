#pragma once
// From a Builder to a program: the compiler collects the signatures of its graph and instantiates one
// kernel for each; at run time the same constexpr function builds the graph again and every node
// finds its kernel in that table.

#include <array>
#include <utility>

#include "tessera/config.hpp"
#include "tessera/arch/counts.hpp"
#include "tessera/graph/diagnose.hpp"
#include "tessera/model/program.hpp"

namespace tessera::inline v0 {

// Whether a backend's kernels are compiled per key; loops of the reference read extents at run time.
template <class Backend>
inline constexpr bool keyed_backend = true;
template <>
inline constexpr bool keyed_backend<reference> = false;

// How a backend finds a kernel; a backend from outside specialises this.
template <class Backend, class T>
struct kernel_of {
  template <name Op, op_key Key>
  static kernel_function find() {
    return &kernel<Op, Backend>::template run<T>;
  }
};

namespace detail {

template <class Builder, bool Keyed>
inline constexpr signature_set signatures = collect_signatures(Builder::build(), Keyed);

template <class Builder, class Backend, class T, std::size_t... I>
TESSERA_COLD auto make_kernel_table(std::index_sequence<I...>) {
  constexpr const signature_set& set = signatures<Builder, keyed_backend<Backend>>;
  return std::array<kernel_entry, sizeof...(I)>{
      {{set.items[I], kernel_of<Backend, T>::template find<set.items[I].op, set.items[I].key>()}...}};
}

}  // namespace detail

template <class Builder, class Backend, class T>
TESSERA_COLD std::unique_ptr<program> compile(const std::vector<std::string>& results,
                                 const std::vector<std::string>& given = {}) {
  constexpr bool keyed = keyed_backend<Backend>;
  constexpr const signature_set& set = detail::signatures<Builder, keyed>;
  static_assert(sizeof(diagnose<set.found.code, set.found.a, set.found.b>) > 0);
  if constexpr (set.found.code == issue::none) {
    static const auto table = detail::make_kernel_table<Builder, Backend, T>(
        std::make_index_sequence<static_cast<std::size_t>(set.count)>());
    return make_program(Builder::build(), table.data(), static_cast<int>(table.size()), keyed,
                        static_cast<int>(sizeof(T)), results, given);
  } else {
    return nullptr;
  }
}

// The Builder of an architecture alone.
template <class A>
struct inference {
  static constexpr graph build() { return build_graph<A>(false); }
};

}  // namespace tessera::inline v0
