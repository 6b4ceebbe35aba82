// Words may come in any order: every rotation of a set of words, and its reverse, counts the same.
#include <tessera/graph/diagnose.hpp>

#include <boost/hana/fold_left.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>
#include <tessera/arch/counts.hpp>
#include <tessera/arch/vit.hpp>

namespace hana = boost::hana;
namespace ts = tessera;

template <class... W>
struct words {};

template <class First, class... Rest>
constexpr words<Rest..., First> rotate(words<First, Rest...>) {
  return {};
}
template <class... W>
constexpr long long count(words<W...>) {
  return ts::parameters<ts::vit<W...>> + ts::macs<ts::vit<W...>>;
}
template <int Turns, class W>
constexpr bool turns_count(W w, long long expected) {
  if constexpr (Turns == 0)
    return true;
  else
    return count(w) == expected && turns_count<Turns - 1>(rotate(w), expected);
}

constexpr auto forward =
    hana::tuple_t<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                  ts::classes<10>, ts::mlp_ratio<2>, ts::global_pool::average>;
struct prepend {
  template <class... W, class T>
  constexpr words<T, W...> operator()(words<W...>, hana::basic_type<T>) const {
    return {};
  }
};
using reversed = decltype(hana::fold_left(forward, words<>{}, prepend{}));

constexpr long long expected = count(reversed{});
static_assert(expected > 0);
static_assert(turns_count<8>(reversed{}, expected));
