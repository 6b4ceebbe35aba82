#pragma once
// Every metric of tessera. Definitions and degenerate cases: docs/metrics.md.

#include "tessera/metrics/calibration.hpp"
#include "tessera/metrics/exit_speed_up.hpp"
#include "tessera/metrics/interval.hpp"
#include "tessera/metrics/mean_iou.hpp"
#include "tessera/metrics/psnr.hpp"
#include "tessera/metrics/result.hpp"
#include "tessera/metrics/top_k.hpp"
