#pragma once
// Every CPU kernel.

#include "tessera/ops/cpu/attention.hpp"
#include "tessera/ops/cpu/batch_norm.hpp"
#include "tessera/ops/cpu/elementwise.hpp"
#include "tessera/ops/cpu/fused.hpp"
#include "tessera/ops/cpu/grid.hpp"
#include "tessera/ops/cpu/layer_norm.hpp"
#include "tessera/ops/cpu/linear.hpp"
#include "tessera/ops/cpu/patches.hpp"
#include "tessera/ops/cpu/rows.hpp"
#include "tessera/ops/cpu/swish.hpp"
#include "tessera/ops/cpu/update.hpp"
