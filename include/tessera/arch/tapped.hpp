#pragma once
// tapped<A, "blocks.3", "blocks.7", ...>: an architecture whose results are the values at these taps, in
// this order, from one forward; what none of them needs is not computed.
//
//     using pyramid = ts::tapped<hier, "features.0", "features.1", "features.2">;
//     ts::model<pyramid> net;
//     net.forward(images, {c2, c3, c4});    // spans of B x net.output_size(i)
//
// Taps are the paths of blocks ("blocks.3", "layers.1.blocks.0"), "features.i", "head", "output",
// "exits.i" and whatever a user's part has tapped.

#include <string>
#include <vector>

#include "tessera/arch/settings.hpp"

namespace tessera::inline v0 {

template <class A, name... Taps>
struct tapped {
  static_assert(sizeof...(Taps) > 0, "tessera::tapped<A, Taps...>: takes at least one tap");
  static constexpr vit_settings settings() { return A::settings(); }
  static constexpr shape input_shape() { return A::input_shape(); }
  static constexpr value_id build(graph& g, value_id images) {
    const value_id out = A::build(g, images);
    (static_cast<void>(Taps == name("output") ? out : g.find_tap(Taps)), ...);
    return out;
  }
  static std::vector<std::string> results() { return {Taps.text()...}; }
};

}  // namespace tessera::inline v0
