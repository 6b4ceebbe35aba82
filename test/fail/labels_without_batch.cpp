// expect: tessera::loss: losses that read labels need logits of a batch
// beside: 1, 0
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/train/step.hpp"

namespace ts = tessera;

using plain = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                      ts::no_class_token, ts::classes<10>>;
using step = ts::train<plain, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>,
                       ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"loss.0">>>>;
constexpr ts::first_issue found = ts::detail::issue_of_step<step>();
static_assert(sizeof(ts::said_of<found>::type) > 0);
