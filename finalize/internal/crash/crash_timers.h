// CrashTimers: what ends the handling of a crash that hangs, in a call that
// never returns or in a loop.
//
// Three timers of the kernel's, one margin after the other, without a thread:
// the first sends this thread `signal`; the second sends it to the process, for
// another thread to take, where this one is stuck in the kernel; the third
// kills the process, where there is no other.
//
// Async-signal-safe: no memory but its own, no lock.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_TIMERS_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_TIMERS_H_

#include <signal.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>

namespace finalize_internal {

class CrashTimers {
 public:
  // Where the kernel has no more timers for this process there are none.
  void Start(int signal, uint64_t first_nanos, uint64_t margin_nanos);
  // What they sent and nobody took is taken back, where this thread blocks
  // `signal`. Any thread may stop them.
  void Stop(int signal);

  // One of its own, which nothing stops. False where there is none to be had.
  static bool SendToThisThread(int signal, uint64_t at_nanos);

  // Whether `info` tells of one of them.
  static bool Sent(const siginfo_t& info);

 private:
  static constexpr int kCount = 3;
  static constexpr int kNone = -1;
  static int Arm(int signal, pid_t thread, uint64_t at_nanos);

  std::atomic<int> timers_[kCount] = {{kNone}, {kNone}, {kNone}};
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_TIMERS_H_
