#pragma once
// The reference kernel of every op of the library: plain loops, generic in the scalar T (float,
// double, dual<double>), on one thread. Sums of floats run in double, all others in T.

#include "tessera/ops/reference/add.hpp"
#include "tessera/ops/reference/attention.hpp"
#include "tessera/ops/reference/batch_norm.hpp"
#include "tessera/ops/reference/constant.hpp"
#include "tessera/ops/reference/gelu.hpp"
#include "tessera/ops/reference/grid.hpp"
#include "tessera/ops/reference/layer_norm.hpp"
#include "tessera/ops/reference/linear.hpp"
#include "tessera/ops/reference/losses.hpp"
#include "tessera/ops/reference/masking.hpp"
#include "tessera/ops/reference/patches.hpp"
#include "tessera/ops/reference/rows.hpp"
#include "tessera/ops/reference/update.hpp"
