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
#include "tessera/ops/fused.hpp"

namespace tessera::inline v0 {

// Whether a backend's kernels are compiled per key; loops of the reference read extents at run time.
template <class Backend>
inline constexpr bool keyed_backend = true;
template <>
inline constexpr bool keyed_backend<reference> = false;

// How a backend finds a kernel; a backend from outside specialises this.
template <class Backend, class T>
struct kernel_of {
  template <name Op>
  static constexpr bool has = requires { sizeof(kernel<Op, Backend>); };
  template <name Op, op_key Key>
  static kernel_function find() {
    return &kernel<Op, Backend>::template run<T>;
  }
};

namespace detail {

// What a program of this Builder runs; Folded: in short, with the same kernels, where it has that.
// Builders that say `fuses` give graphs without a backward pass.
template <class Builder, class Backend, bool Folded = false>
constexpr graph graph_of() {
  graph g = [] {
    if constexpr (Folded)
      return Builder::folded();
    else
      return Builder::build();
  }();
  if constexpr (requires { Builder::fuses; }) fuse(g, fusions_of<Backend>());
  return g;
}

template <class Builder, class Backend>
inline constexpr signature_set folded_signatures =
    collect_signatures(graph_of<Builder, Backend, true>(), keyed_backend<Backend>);
template <class Builder, class Backend>
inline constexpr signature_set all_signatures =
    collect_signatures(graph_of<Builder, Backend>(), keyed_backend<Backend>);

template <class Builder, class Backend>
constexpr const signature_set& find_signatures() {
  return all_signatures<Builder, Backend>;
}
template <class Builder, class Backend>
  requires requires { Builder::folded(); }
constexpr const signature_set& find_signatures() {
  if constexpr (folded_signatures<Builder, Backend>.found.code == issue::none)
    return folded_signatures<Builder, Backend>;
  else
    return all_signatures<Builder, Backend>;
}
template <class Builder, class Backend>
inline constexpr const signature_set& signatures = find_signatures<Builder, Backend>();

template <class Builder, first_issue Found>
constexpr first_issue named_issue() {
  if constexpr (needs_names(Found.code) && requires { Builder::spelled(); })
    return Builder::spelled().found;
  else
    return Found;
}

// The first op that the backend cannot run, as an issue.
template <class Builder, class Backend, class T, std::size_t... I>
constexpr first_issue missing_kernel(std::index_sequence<I...>) {
  constexpr const signature_set& set = signatures<Builder, Backend>;
  first_issue found;
  [[maybe_unused]] const auto there = [&found](bool has, const name& op) {
    if (!has) found = {issue::no_kernel, 0, 0, op};
    return has;
  };
  static_cast<void>(
      (true && ... && there(kernel_of<Backend, T>::template has<set.items[I].op>, set.items[I].op)));
  return found;
}

template <class Builder, class Backend, class T, std::size_t... I>
TESSERA_COLD auto make_kernel_table(std::index_sequence<I...>) {
  constexpr const signature_set& set = signatures<Builder, Backend>;
  return std::array<kernel_entry, sizeof...(I)>{
      {{set.items[I], kernel_of<Backend, T>::template find<set.items[I].op, set.items[I].key>()}...}};
}

}  // namespace detail

template <class Builder, class Backend, class T>
TESSERA_COLD std::unique_ptr<program> compile(const std::vector<std::string>& results,
                                 const std::vector<std::string>& given = {}) {
  constexpr bool keyed = keyed_backend<Backend>;
  constexpr const signature_set& set = detail::signatures<Builder, Backend>;
  constexpr first_issue found = detail::named_issue<Builder, set.found>();
  static_assert(sizeof(typename said_of<found>::type) > 0);
  using each = std::make_index_sequence<static_cast<std::size_t>(set.count)>;
  constexpr first_issue missing = detail::missing_kernel<Builder, Backend, T>(each());
  static_assert(sizeof(typename said_of<missing>::type) > 0);
  if constexpr (set.found.code == issue::none && missing.code == issue::none) {
    static const auto table = detail::make_kernel_table<Builder, Backend, T>(each());
    return make_program(detail::graph_of<Builder, Backend>(), table.data(),
                        static_cast<int>(table.size()), keyed, static_cast<int>(sizeof(T)), results,
                        given);
  } else {
    return nullptr;
  }
}

// The Builder of an architecture alone.
template <class A>
struct inference {
  static constexpr bool fuses = true;
  static constexpr graph build() { return build_graph<A>(false); }
  static constexpr graph folded() { return build_folded_graph<A>(); }
  static constexpr graph spelled() { return build_graph<A>(false, true); }
};

}  // namespace tessera::inline v0
