// expect: tessera::train<Parts...>: needs an architecture
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/train/step.hpp"

namespace ts = tessera;

using step = ts::train<ts::term<ts::weight<1>, ts::loss::cross_entropy<>>, ts::adamw>;
constexpr ts::first_issue found = ts::detail::issue_of_step<step>();
static_assert(sizeof(ts::said_of<found>::type) > 0);
