// expect: tessera::loss::dice<Words...>: takes one word
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/train/step.hpp"

namespace ts = tessera;

using plain = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                      ts::classes<10>>;
using step = ts::train<plain, ts::term<ts::weight<1>, ts::loss::dice<int>>>;
constexpr ts::first_issue found = ts::detail::issue_of_step<step>();
static_assert(sizeof(ts::said_of<found>::type) > 0);
