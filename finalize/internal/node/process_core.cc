// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/process_core.h"

#include "absl/base/attributes.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/lane.h"

namespace finalize_internal {
namespace {

// The array is in a class because gcc would fill a plain array at run time, and
// lose what static constructors have registered.
struct ProcessLanes {
  constexpr ProcessLanes() : lanes{} {}
  Lane lanes[kLanes];
};
ABSL_CONST_INIT ProcessLanes process_lanes;

// The callbacks of weak references.
ABSL_CONST_INIT ProcessLanes weak_lanes;

}  // namespace

ABSL_CONST_INIT Core process_core(0, process_lanes.lanes, -1);
ABSL_CONST_INIT Core weak_core(kWeakCoreId, weak_lanes.lanes, -1);

Core* ProcessCore() { return &process_core; }
Core* WeakCore() {
  EnsureCurrent(&process_core);  // this process uses the library
  return &weak_core;
}

}  // namespace finalize_internal
