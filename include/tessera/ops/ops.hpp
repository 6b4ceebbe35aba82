#pragma once
// Every contract of the library. Kernels: ops/reference.hpp, ops/cpu/.

#include "tessera/ops/add.hpp"
#include "tessera/ops/attention.hpp"
#include "tessera/ops/batch_norm.hpp"
#include "tessera/ops/constant.hpp"
#include "tessera/ops/gelu.hpp"
#include "tessera/ops/grid.hpp"
#include "tessera/ops/layer_norm.hpp"
#include "tessera/ops/linear.hpp"
#include "tessera/ops/losses.hpp"
#include "tessera/ops/masking.hpp"
#include "tessera/ops/patches.hpp"
#include "tessera/ops/rows.hpp"
#include "tessera/ops/update.hpp"
