// Running a callback for the thread that asks for its result.
#ifndef FINALIZE_INTERNAL_LIFE_RUN_FOR_CALLER_H_
#define FINALIZE_INTERNAL_LIFE_RUN_FOR_CALLER_H_

#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Runs the callback if it can claim it. `result` as in CallbackOps::run.
// Returns whether it ran. Lets the callback's exception through.
bool RunForCaller(const NodeRef& ref, void* result);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_RUN_FOR_CALLER_H_
