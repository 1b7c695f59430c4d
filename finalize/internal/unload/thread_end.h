// The end of a thread, as the library learns of it.
//
// In the program itself it is the destructor of a thread_local. In a module it
// is that of a pthread key, which comes later, after every thread_local: a
// pending destructor of a thread_local would keep the module mapped for as long
// as the thread lives, and dlclose() would do nothing.
#ifndef FINALIZE_INTERNAL_UNLOAD_THREAD_END_H_
#define FINALIZE_INTERNAL_UNLOAD_THREAD_END_H_

#include <utility>

#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/options.h"

namespace finalize_internal {

// The finalizers of one thread, highest phase first. Lives until the list is
// empty at the end of the thread; for ever where the thread ends otherwise, so
// that what is on it stays good for exit().
struct ThreadExits {
  LifetimeList list;
};

// Returns the list of this thread, which ends with it; null without memory, or
// where the end would not be seen.
LifetimeList* ThreadExitList();

// RegisterNode in the process registry, for the end of this thread.
template <Invocation kInvocation, class F, class... A>
NodeRef RegisterOnThread(const finalize::Options& options, F&& function,
                         A&&... arguments) {
  return RegisterOnList<kInvocation>(
      {ProcessCore(), &options, ThreadExitList()}, Refusal::kNoMemory,
      std::forward<F>(function), std::forward<A>(arguments)...);
}

// For dlclose() of the library: no thread's end is looked at any more.
void StopWatchingThreads();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_UNLOAD_THREAD_END_H_
