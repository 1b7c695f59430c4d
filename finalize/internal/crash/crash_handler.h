// SPDX-License-Identifier: Apache-2.0

// The handler of crash signals (contract C23).
//
// One crash, seen from the process:
//
// clang-format off
//             first crash             the callbacks have returned, were cut off
//             of any thread           by the deadline, or crashed themselves
//     kNone ----------------> kHandled ----------------------------> kOver
// clang-format on
//
//   kHandled  the thread `handling` calls the crash callbacks; another thread
//             that crashes waits for kOver, until the deadline at the latest
//   kOver     the previous actions of all crash signals are in place again;
//             each thread that crashed has its own signal sent to it once more
//
// The kernel does the rest: a thread blocks its signal, queues it to itself
// with the information that came with it, and returns. The signal is delivered
// when the old mask is in place again, on the frame that crashed: to a handler,
// as if for the first time, or as the death of the process, with a core of that
// frame.
//
// The handler uses only atomics and system calls: it takes no lock, and needs
// no memory that was not prepared.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_HANDLER_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_HANDLER_H_

#include <signal.h>

#include <cstdint>

#include "finalize/internal/signals/signal_handler.h"

namespace finalize_internal {

constexpr int kCrashSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

struct CrashPlan {
  uint64_t limit_nanos = 0;
  bool keep = false;
  // Whether handlers that are installed never return to the code that crashed.
  bool handlers_end = false;
};

// Does everything that can fail: a stack for the calling thread, descriptors in
// reserve. Returns false if it has failed.
bool PrepareCrashHandler();

// Installs the handler for this process, which owns the exit hooks. Not for a
// crash signal that is ignored, not over a handler of the program unless those
// end the process, and not again over one that the program has installed since.
void InstallCrashHandler(const CrashPlan& plan);

// Returns the present state of a crash signal that was to be taken.
SignalLook LookAtCrashSignal(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_HANDLER_H_
