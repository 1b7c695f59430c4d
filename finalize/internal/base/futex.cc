// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>

namespace finalize_internal {

void FutexSleep(uint32_t* word, uint32_t value, uint64_t nanos) {
  constexpr uint64_t kSecond = 1000000000u;
  constexpr uint64_t kMaxWait = 3600 * kSecond;
  if (nanos > kMaxWait) nanos = kMaxWait;
  timespec limit = {static_cast<time_t>(nanos / kSecond),
                    static_cast<long>(nanos % kSecond)};
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &limit, nullptr, 0);
}

void FutexWake(uint32_t* word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace finalize_internal
