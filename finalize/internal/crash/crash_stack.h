// SPDX-License-Identifier: Apache-2.0

// The stack on which a thread's crash is handled.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_STACK_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_STACK_H_

namespace finalize_internal {

// Gives the calling thread an alternate signal stack with a guard page below
// it, until the thread ends, unless it has one. Returns false if there is no
// memory for it.
bool AddCrashStack();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_STACK_H_
