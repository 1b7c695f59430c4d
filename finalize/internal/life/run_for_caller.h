// SPDX-License-Identifier: Apache-2.0

// RunForCaller runs a callback for a caller that receives its result.
#ifndef FINALIZE_INTERNAL_LIFE_RUN_FOR_CALLER_H_
#define FINALIZE_INTERNAL_LIFE_RUN_FOR_CALLER_H_

#include "finalize/export.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Runs the callback if it can claim it. `result` is as in CallbackOps::run.
// Returns whether the callback ran. Exceptions of the callback propagate.
FINALIZE_INTERNAL_EXPORT bool RunForCaller(const NodeRef& ref, void* result);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_RUN_FOR_CALLER_H_
