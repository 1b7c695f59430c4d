// What a handle can do to its finalizer; the part of Finalizer<R> that does
// not depend on R.
#ifndef FINALIZE_INTERNAL_INSPECT_FINALIZER_OPS_H_
#define FINALIZE_INTERNAL_INSPECT_FINALIZER_OPS_H_

#include <cstdint>
#include <optional>
#include <typeinfo>

#include "finalize/internal/node/node.h"

namespace finalize {
struct Info;
}

namespace finalize_internal {

bool Alive(const NodeRef& ref) noexcept;
bool IsRunning(const NodeRef& ref) noexcept;

// Returns the claimed node, in state kDetached, or null.
Node* Detach(const NodeRef& ref);
// Destroys the callback, unrun, if it can claim it. Returns whether it did.
bool Cancel(const NodeRef& ref) noexcept;
// The same for an owner that will not ask again: lets go of an inherited one.
void CancelForGood(const NodeRef& ref) noexcept;

bool Peek(const NodeRef& ref, std::optional<finalize::Info>* info);
// `out` as in CallbackOps::copy_arguments.
bool PeekArguments(const NodeRef& ref, const std::type_info& tuple, void* out);

// Waits while it runs on another thread; `deadline` in nanoseconds since the
// Unix epoch. Returns false where the deadline came first.
bool Wait(const NodeRef& ref, int64_t deadline);

// Whether it is pending in the process that registered it, which is another.
bool Inherited(const NodeRef& ref);

bool AtExitFlag(const NodeRef& ref);
void SetAtExitFlag(const NodeRef& ref, bool at_exit);

// Ends the scope of a Finally: runs the callback if it can claim it, and
// reports its failure. Otherwise waits while another thread runs it.
void EndScope(const NodeRef& ref) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_FINALIZER_OPS_H_
