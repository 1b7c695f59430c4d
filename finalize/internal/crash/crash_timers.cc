// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/crash/crash_timers.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "finalize/internal/crash/pid_one_end.h"

namespace finalize_internal {
namespace {

constexpr uint64_t kSecond = 1000000000;

// Its address marks the signals of these timers.
char mark;

pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

}  // namespace

// By system calls: timer_create() of the C library may allocate.
int CrashTimers::Arm(int signal, pid_t thread, uint64_t at_nanos) {
  sigevent event = {};
  event.sigev_notify = thread != 0 ? SIGEV_THREAD_ID : SIGEV_SIGNAL;
#ifdef sigev_notify_thread_id  // musl
  event.sigev_notify_thread_id = thread;
#else
  event._sigev_un._tid = thread;
#endif
  event.sigev_signo = signal;
  event.sigev_value.sival_ptr = &mark;
  int timer = kNone;
  if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) != 0) {
    return kNone;
  }
  itimerspec at = {};
  at.it_value.tv_sec = static_cast<time_t>(at_nanos / kSecond);
  at.it_value.tv_nsec = static_cast<long>(at_nanos % kSecond);
  syscall(SYS_timer_settime, timer, TIMER_ABSTIME, &at, nullptr);
  return timer;
}

bool CrashTimers::SendToThisThread(int signal, uint64_t at_nanos) {
  return Arm(signal, ThisThread(), at_nanos) != kNone;
}

void CrashTimers::Start(int signal, uint64_t first_nanos,
                        uint64_t margin_nanos) {
  const pid_t self = ThisThread();
  timers_[0] = Arm(signal, self, first_nanos);
  timers_[1] = Arm(signal, 0, first_nanos + margin_nanos);
  const uint64_t last_nanos = first_nanos + 2 * margin_nanos;
  if (getpid() == 1) {
    EndPidOneAt(last_nanos, 128 + signal);
  } else {
    timers_[2] = Arm(SIGKILL, 0, last_nanos);
  }
}

void CrashTimers::Stop(int signal) {
  for (auto& timer : timers_) {
    const int number = timer.exchange(kNone);
    if (number != kNone) syscall(SYS_timer_delete, number);
  }
  CancelPidOneEnd();
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  const timespec now = {};
  for (int i = 0; i < kCount; ++i) {
    syscall(SYS_rt_sigtimedwait, &one, nullptr, &now, _NSIG / 8);
  }
}

bool CrashTimers::Sent(const siginfo_t& info) {
  return info.si_code == SI_TIMER && info.si_value.sival_ptr == &mark;
}

}  // namespace finalize_internal
