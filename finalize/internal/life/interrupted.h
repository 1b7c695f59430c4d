// exit() in a signal handler that interrupted this library.
//
// POSIX forbids it, and programs do it. The interrupted code never goes on, so
// the locks that this thread held then stay locked, and what they guard may be
// half changed. The lanes among them are passed over: what is pending there is
// left, and reported. Everything else is put into a state that can be used.
#ifndef FINALIZE_INTERNAL_LIFE_INTERRUPTED_H_
#define FINALIZE_INTERNAL_LIFE_INTERRUPTED_H_

#include "finalize/cause.h"

namespace finalize_internal {

// Passes over what this thread held when it was interrupted. Returns whether
// there was anything. For the thread that drains, which has armed the guard.
bool PassOverHeldLocks();

// Reports as left what is pending in the process registry on lanes that are
// passed over. Returns whether there is anything.
bool ReportPassedOver(const finalize::Cause& cause);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_INTERRUPTED_H_
