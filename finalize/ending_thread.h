// ThisThreadEndsProcess: for code that other threads may no longer call when
// the process ends, but static destructors still do.
//
//   if (pool.closed() && !finalize::ThisThreadEndsProcess()) return Refused();
//
// Thread-safe. Allocates nothing and takes no lock.
#ifndef FINALIZE_ENDING_THREAD_H_
#define FINALIZE_ENDING_THREAD_H_

#include "finalize/requirements.h"

namespace finalize {

// Whether the process comes to its end on this thread: it runs the drain of
// exit(), quick_exit(), a signal or std::terminate(), or has run it and goes on
// to the handlers and static destructors behind it. False on the helper threads
// of that drain (ExitOptions::threads), and in a forked child.
bool ThisThreadEndsProcess();

}  // namespace finalize

#endif  // FINALIZE_ENDING_THREAD_H_
