// The handler of signals that tell of a crash (contract C23).
//
// One crash, seen from the process:
//
//               first crash            callbacks done, cut off by the deadline,
//               of any thread          or crashed themselves
//     kNone ------------------> kHandled -------------------------------->
//     kOver
//
//   kHandled  the thread `handling` calls the crash callbacks; another that
//             crashes waits for kOver, until the deadline at the longest
//   kOver     the previous actions of all crash signals are in place again;
//             each thread that crashed has its own signal sent to it once more
//
// Going on is left to the kernel: a thread blocks its signal, queues it to
// itself, with the information that came with it, and returns. It is delivered
// when the mask is the old one again, on the frame that crashed: to a handler
// as if it were the first, or as the death, with a core of that very frame.
//
// All that is done by atomics and system calls: it takes no lock and needs no
// memory but its own.
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
  // Whether handlers that are there never return to what crashed.
  bool handlers_end = false;
};

// All that can fail: a stack for the calling thread, descriptors in reserve.
bool PrepareCrashHandler();

// Installs the handler for this process, which owns the exit hooks: not where a
// crash signal is ignored, nor over a handler of the program's unless those
// end, nor a second time over one that the program has installed since.
void InstallCrashHandler(const CrashPlan& plan);

// How a crash signal that was to be taken stands now.
SignalLook LookAtCrashSignal(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_HANDLER_H_
