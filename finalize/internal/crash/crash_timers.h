// SPDX-License-Identifier: Apache-2.0

// CrashTimers end the handling of a crash that hangs, in a call that never
// returns or in a loop.
//
// Three timers of the kernel, one margin after the other, without a thread: the
// first sends `signal` to this thread; the second sends it to the process, for
// another thread to take if this one is stuck in the kernel; the third kills
// the process if there is no other thread. In PID 1, which SIGKILL does not
// end, a thread takes the place of the third (pid_one_end.h).
//
// Async-signal-safe: uses only its own memory, and no lock.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_TIMERS_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_TIMERS_H_

#include <signal.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>

namespace finalize_internal {

class CrashTimers {
 public:
  // Starts none if the kernel has no more timers for this process.
  void Start(int signal, uint64_t first_nanos, uint64_t margin_nanos);
  // Also takes back what they have sent and no thread has received, if this
  // thread blocks `signal`. Any thread may call it.
  void Stop(int signal);

  // Starts a separate timer, which nothing stops. Returns false if none is
  // available.
  static bool SendToThisThread(int signal, uint64_t at_nanos);

  // Returns true if `info` is from one of these timers.
  static bool Sent(const siginfo_t& info);

 private:
  static constexpr int kCount = 3;
  static constexpr int kNone = -1;
  static int Arm(int signal, pid_t thread, uint64_t at_nanos);

  std::atomic<int> timers_[kCount] = {{kNone}, {kNone}, {kNone}};
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_TIMERS_H_
