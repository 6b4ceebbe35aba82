// A step of 4,004 nodes, a transformer of 166 blocks and its gradient, is counted and its kernels
// are listed at the default limits of every compiler.
#include "tessera/arch/vit.hpp"
#include "tessera/graph/signature.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/train/step.hpp"

namespace ts = tessera;

namespace {

using deep = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<166>,
                     ts::classes<10>>;
using step = ts::train<deep, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;

struct found {
  int nodes = 0, signatures = 0;
};
constexpr found look() {
  const ts::graph g = step::gradient();
  return {g.ok() ? g.nodes.size() : 0, ts::collect_signatures(g, true).count};
}
constexpr found it = look();
static_assert(it.nodes == 4'004);
static_assert(it.signatures == 33);

}  // namespace
