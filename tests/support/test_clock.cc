// SPDX-License-Identifier: Apache-2.0

#include "tests/support/test_clock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include <atomic>
#include <cstdint>

extern "C" int __real_clock_gettime(clockid_t, timespec*);  // NOLINT
extern "C" long __real_syscall(long, ...);                  // NOLINT

namespace finalize_test {
namespace {

constexpr int64_t kSecond = 1000000000;

std::atomic<int64_t> ahead{0};
// The time at which the clock stands still; 0 while it goes.
std::atomic<int64_t> stopped{0};
std::atomic<void (*)(long, long)> observer{nullptr};

int64_t ToNanos(const timespec& time) {
  return time.tv_sec * kSecond + time.tv_nsec;
}

}  // namespace

void PutClockForward(absl::Duration duration) {
  ahead += absl::ToInt64Nanoseconds(duration);
}

void StopClock() {
  timespec now;
  __real_clock_gettime(CLOCK_MONOTONIC, &now);
  stopped = ToNanos(now);
}

void ObserveCalls(void (*observe)(long number, long result)) {
  observer = observe;
}

}  // namespace finalize_test

// The linker has every object call these (BUILD).
extern "C" int __wrap_clock_gettime(clockid_t clock,  // NOLINT
                                    timespec* time) {
  using finalize_test::kSecond;
  const int result = __real_clock_gettime(clock, time);
  if (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE)
    return result;
  const int64_t stopped = finalize_test::stopped;
  const int64_t now = (stopped != 0 ? stopped : finalize_test::ToNanos(*time)) +
                      finalize_test::ahead;
  time->tv_sec = now / kSecond;
  time->tv_nsec = now % kSecond;
  return result;
}

extern "C" long __wrap_syscall(long number, long a, long b, long c,  // NOLINT
                               long d, long e, long f) {
  static constexpr timespec kNap = {0, 5000000};
  const bool sleeps =
      number == SYS_futex && d != 0 && (b & FUTEX_CMD_MASK) == FUTEX_WAIT;
  if (sleeps) {
    const auto* limit = reinterpret_cast<const timespec*>(d);
    if (finalize_test::ToNanos(*limit) > finalize_test::ToNanos(kNap)) {
      d = reinterpret_cast<long>(&kNap);
    }
  }
  const long result = __real_syscall(number, a, b, c, d, e, f);
  if (auto* const observe = finalize_test::observer.load()) {
    observe(number, result);
  }
  return result;
}
