// The end of the scope of a Finally.
#ifndef FINALIZE_INTERNAL_INSPECT_SCOPE_END_H_
#define FINALIZE_INTERNAL_INSPECT_SCOPE_END_H_

#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/life/detached.h"

namespace finalize_internal {

// Runs the callback if it can claim it, reporting its failure; else waits
// while another thread runs it.
void EndScope(const NodeRef& ref) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_SCOPE_END_H_
