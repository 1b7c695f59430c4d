// The hooks in exit() and quick_exit(): the only ones of the library.
//
// Several are added at a time, and each that drains or parks a thread adds one
// more, behind it. A callback that calls exit() runs one, on the same thread:
// it goes on with the drain. Another thread that calls exit() runs one too, and
// is parked there. If nobody calls exit(), they find the drain over and do
// nothing.
#ifndef FINALIZE_INTERNAL_END_EXIT_HANDLERS_H_
#define FINALIZE_INTERNAL_END_EXIT_HANDLERS_H_

#include "finalize/cause.h"

namespace finalize_internal {

// Adds the hooks in quick_exit(), which do nothing in a child of a fork that
// did not install the exit hooks. False where there is no memory.
bool AddQuickExitHooks();

// Adds one more hook for `cause`, if that is exit or quick_exit.
void AddHookFor(const finalize::Cause& cause);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_EXIT_HANDLERS_H_
