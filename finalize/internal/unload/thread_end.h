// SPDX-License-Identifier: Apache-2.0

// How the library learns of the end of a thread.
//
// In the program itself, by the destructor of a thread_local. In a module, by
// the destructor of a pthread key, which is called later, after those of all
// thread_locals: a pending destructor of a thread_local would keep the module
// mapped while the thread lives, and dlclose() would do nothing.
#ifndef FINALIZE_INTERNAL_UNLOAD_THREAD_END_H_
#define FINALIZE_INTERNAL_UNLOAD_THREAD_END_H_

#include <utility>

#include "finalize/export.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/options.h"

namespace finalize_internal {

// The finalizers of one thread, highest phase first. Lives until the list is
// empty at the end of the thread; permanently if the thread ends in another
// way, so that exit() can run what is on the list.
struct ThreadExits {
  LifetimeList list;
};

// Returns the list of this thread, which ends with the thread. Returns null if
// there is no memory, or if the library would not learn of the end.
FINALIZE_INTERNAL_EXPORT LifetimeList* ThreadExitList();

// RegisterNode in the process registry, for the end of this thread.
template <Invocation kInvocation, class F, class... A>
NodeRef RegisterOnThread(const finalize::Options& options, F&& function,
                         A&&... arguments) {
  return RegisterOnList<kInvocation>(
      {ProcessCore(), &options, ThreadExitList()}, Refusal::kNoMemory,
      std::forward<F>(function), std::forward<A>(arguments)...);
}

// For dlclose() of the library: from now on, it does not react to the end of
// any thread.
void StopWatchingThreads();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_UNLOAD_THREAD_END_H_
