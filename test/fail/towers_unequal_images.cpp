// expect: tessera::train: all towers read the same images
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/train/step.hpp"

namespace ts = tessera;

using plain = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                      ts::classes<10>>;
using step = ts::train<ts::tower<"a", plain>,
                       ts::tower<"b", ts::vit<ts::image<64>, ts::patch<4>, ts::width<48>,
                                              ts::heads<3>, ts::depth<2>, ts::classes<10>>>,
                       ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;
constexpr ts::first_issue found = ts::detail::issue_of_step<step>();
static_assert(sizeof(ts::said_of<found>::type) > 0);
