// expect: tessera: two parameters have one name
#include "tessera/graph/diagnose.hpp"

#include "tessera/arch/counts.hpp"
#include "tessera/arch/vit.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/train/step.hpp"

namespace ts = tessera;

using plain = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<2>,
                      ts::classes<10>>;
using step = ts::train<ts::tower<"student", plain>, ts::tower<"student", plain, ts::frozen>,
                       ts::term<ts::weight<1>, ts::distill::logits<"student">>>;
constexpr ts::first_issue found = step::gradient().found;
static_assert(sizeof(ts::diagnose<found.code, found.a, found.b>) > 0);
