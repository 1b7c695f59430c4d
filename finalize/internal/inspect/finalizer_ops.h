// SPDX-License-Identifier: Apache-2.0

// The operations of a handle on its finalizer: the part of Finalizer<R> that
// does not depend on R.
#ifndef FINALIZE_INTERNAL_INSPECT_FINALIZER_OPS_H_
#define FINALIZE_INTERNAL_INSPECT_FINALIZER_OPS_H_

#include <cstdint>
#include <optional>

#include "finalize/export.h"
#include "finalize/internal/base/type_identity.h"
#include "finalize/internal/node/node.h"

namespace finalize {
struct Info;
}

namespace finalize_internal {

FINALIZE_INTERNAL_EXPORT bool Alive(const NodeRef& ref) noexcept;
FINALIZE_INTERNAL_EXPORT bool IsRunning(const NodeRef& ref) noexcept;

// Returns the claimed node, in state kDetached, or null.
FINALIZE_INTERNAL_EXPORT Node* Detach(const NodeRef& ref);
// Destroys the callback without running it, if it can claim it. Returns whether
// it did.
FINALIZE_INTERNAL_EXPORT bool Cancel(const NodeRef& ref) noexcept;
// The same for an owner that gives the finalizer up: an inherited one can then
// no longer be adopted (ForbidAdopting).
void CancelForGood(const NodeRef& ref) noexcept;

FINALIZE_INTERNAL_EXPORT bool Peek(const NodeRef& ref,
                                   std::optional<finalize::Info>* info);
// `out` as in CallbackOps::copy_arguments.
FINALIZE_INTERNAL_EXPORT bool PeekArguments(const NodeRef& ref,
                                            const TypeIdentity& tuple,
                                            void* out);

// Waits while the callback runs on another thread. `deadline` is in nanoseconds
// since the Unix epoch. Returns false if the deadline comes first.
FINALIZE_INTERNAL_EXPORT bool Wait(const NodeRef& ref, int64_t deadline);

// Returns whether the finalizer is pending in the process that registered it,
// which is an ancestor of this one.
bool Inherited(const NodeRef& ref);

FINALIZE_INTERNAL_EXPORT bool AtExitFlag(const NodeRef& ref);
FINALIZE_INTERNAL_EXPORT void SetAtExitFlag(const NodeRef& ref, bool at_exit);

// Ends the scope of a Finally: runs the callback if it can claim it, and
// reports its failure. Otherwise waits while another thread runs it.
FINALIZE_INTERNAL_EXPORT void EndScope(const NodeRef& ref) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_FINALIZER_OPS_H_
