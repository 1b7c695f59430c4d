// IsExitingThread tells whether this thread is ending the process, for
// code that other threads may no longer call then, while static destructors
// still do.
//
//   if (pool.closed() && !finalize::IsExitingThread()) return Refused();
//
// Thread-safe. Allocates nothing and takes no lock.
#ifndef FINALIZE_ENDING_THREAD_H_
#define FINALIZE_ENDING_THREAD_H_

#include "finalize/internal/base/requirements.h"

namespace finalize {

// Returns true if this thread runs the drain of exit(), quick_exit(), a signal
// or std::terminate(), or has run it and continues with the handlers and static
// destructors that follow. Returns false on the helper threads of that drain
// (ExitOptions::threads), and in a forked child.
bool IsExitingThread();

}  // namespace finalize

#endif  // FINALIZE_ENDING_THREAD_H_
