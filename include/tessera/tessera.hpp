#pragma once
// Everything a user of architectures and training needs. Include this; link tessera::tessera.
//
// Words, counts and printing cost little. Kernels are compiled by files that use model or trainer;
// where tessera_instantiate() has had them compiled elsewhere it defines TESSERA_DECLARE_ONLY, and
// this header only declares them. Files and data (JSON, images) are headers of their own: io/, data/.

#include "tessera/graph/diagnose.hpp"  // first: errors are said from here, without a chain of includes

#include "tessera/arch/cascaded.hpp"
#include "tessera/arch/counts.hpp"
#include "tessera/arch/dot.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/arch/mae.hpp"
#include "tessera/arch/print.hpp"
#include "tessera/arch/tapped.hpp"
#include "tessera/arch/vit.hpp"
#include "tessera/config.hpp"
#include "tessera/distill/distill.hpp"
#include "tessera/error.hpp"
#include "tessera/model/model.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/optimizers.hpp"
#include "tessera/train/step.hpp"
#include "tessera/train/trainer.hpp"

#if !defined(TESSERA_DECLARE_ONLY)
#include "tessera/model/make_model.hpp"
#include "tessera/ops/cpu/backend.hpp"
#include "tessera/ops/reference.hpp"
#include "tessera/train/make_trainer.hpp"
#endif

#if defined(TESSERA_INSTANTIATING)  // by the files of tessera_instantiate()
#include "tessera/instantiate.hpp"
#endif
