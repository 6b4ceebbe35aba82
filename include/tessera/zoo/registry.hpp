#pragma once
// The run-time door: architectures that are compiled in, chosen by name or by a file's tensors.
//
//     using zoo = ts::zoo::registry<
//         ts::zoo::entry<"vit_tiny_patch16_224", ts::zoo::vit_tiny_patch16_224>,
//         ts::zoo::entry<"my_vit", my_vit>>;
//     zoo::list();                                  // names, parameters, MACs, input shapes
//     ts::predictor<float> net = zoo::make("my_vit", seed);
//     zoo::save("my_vit", net, "my.safetensors");   // metadata "architecture" says "my_vit"
//     zoo::pick("my.safetensors").name;             // "my_vit"; reads the header alone
//     auto [picked, again] = zoo::load("my.safetensors");
//
// A member compiles what it needs: list() counts, pick() builds graphs, make() and load() compile
// the kernels of every entry, in files that include tessera.hpp (see model/model.hpp).
// A file fits an entry if it has exactly its tensors, by name and shape. Among those that fit:
//   1. metadata "architecture" decides where it names one (up to a dot, where timm's tag begins);
//   2. else the first in the list, if the others compute the same function (deit_base is vit_base):
//      the same ops, attributes and settings on the same tensors; picked.same names them;
//   3. else (heads of other numbers, say, which no tensor shows) tessera::error.
// Metadata that names an entry whose tensors these are not, or something unknown, does not decide;
// picked.remark says so.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/arch/counts.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/model/checkpoint.hpp"
#include "tessera/model/model.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/zoo/detail/choose.hpp"

namespace tessera::inline v0::zoo {

// An architecture (a vit, an early_exit, a mae, a type of one's own) under a name.
template <name Name, class A>
struct entry {
  static constexpr name id = Name;
  using architecture = A;
};

template <class T>
struct loaded {
  choice picked;
  predictor<T> net;
};

namespace detail {

template <class... Entries>
constexpr bool names_differ() {
  const name ids[] = {Entries::id...};
  for (std::size_t i = 0; i < sizeof...(Entries); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (ids[i] == ids[j]) return false;
  return true;
}

template <class E>
inline constexpr bool is_entry = false;
template <name Name, class A>
inline constexpr bool is_entry<entry<Name, A>> = Name.length() > 0;

}  // namespace detail

template <class... Entries>
class registry {
  static_assert(sizeof...(Entries) > 0,
                "tessera::zoo::registry<Entries...>: takes at least one entry");
  static_assert((detail::is_entry<Entries> && ...),
                "tessera::zoo::registry<Entries...>: each must be an entry<\"name\", Type>");
  static constexpr bool distinct = [] {
    if constexpr (sizeof...(Entries) > 0 && (detail::is_entry<Entries> && ...))
      return detail::names_differ<Entries...>();
    else
      return true;
  }();
  static_assert(distinct,
                "tessera::zoo::registry<Entries...>: each name once (it chooses an architecture)");

 public:
  template <class... More>
  using with = registry<Entries..., More...>;

  static std::vector<listed> list() {
    return {{Entries::id.text(), parameters<typename Entries::architecture>,
             macs<typename Entries::architecture>, Entries::architecture::input_shape()}...};
  }
  static std::string table() { return detail::table_text(list()); }

  // Fresh weights from a seed. Throws tessera::error for a name that is not compiled in.
  template <class Backend = cpu, class T = float>
  static predictor<T> make(std::string_view name, std::uint64_t seed = 0,
                           thread_pool* pool = nullptr) {
    return make_row<Backend, T>(detail::find(rows(), name, "zoo.make"), seed, pool);
  }

  // Which architecture's tensors a safetensors file has; throws tessera::error with the nearest one
  // and what keeps it from being that.
  static choice pick(const std::string& path) {
    return detail::choose(rows(), safetensors_file::open(path), path);
  }

  template <class Backend = cpu, class T = float>
  static loaded<T> load(const std::string& path, thread_pool* pool = nullptr) {
    const safetensors_file file = safetensors_file::open(path);
    choice picked = detail::choose(rows(), file, path);
    loaded<T> l{picked, make<Backend, T>(picked.name, 0, pool)};
    load_weights(l.net.parameters(), file, path);
    return l;
  }

  // The weights, and the name as metadata "architecture" beside `metadata`. Throws tessera::error
  // if these are not the weights of that architecture.
  template <class T>
  static void save(std::string_view name, const predictor<T>& net, const std::string& path,
                   safetensors_metadata metadata = {}) {
    const std::size_t i = detail::find(rows(), name, "zoo.save");
    if (table_of(rows()[i].build()) != net.parameters().table)
      throw error("zoo.save: " + path, "the weights of " + std::string(name), "others");
    metadata["architecture"] = name;
    save_weights(net.parameters(), path, metadata);
  }

 private:
  static std::span<const detail::row> rows() {
    static constexpr detail::row all[] = {
        {Entries::id, [] { return build_graph<typename Entries::architecture>(); }}...};
    return all;
  }
  template <class Backend, class T>
  static predictor<T> make_row(std::size_t i, std::uint64_t seed, thread_pool* pool) {
    using maker = predictor<T> (*)(std::uint64_t, thread_pool*);
    static constexpr maker all[] = {&make_model<typename Entries::architecture, Backend, T>...};
    return all[i](seed, pool);
  }
};

}  // namespace tessera::inline v0::zoo
