// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/signal_end.h"

#include <time.h>

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/copies/copies.h"
#include "finalize/internal/end/end_deadline.h"
#include "finalize/internal/signals/exit_hook_settings.h"
#include "finalize/internal/signals/signal_death.h"
#include "finalize/internal/signals/signal_handler.h"
#include "finalize/internal/system/stdio_flush.h"

namespace finalize_internal {
namespace {

constexpr uint64_t kSecond = 1000000000;
// The time that each step has even if the deadline has passed.
constexpr uint64_t kMinWait = kSecond / 2;
constexpr uint64_t kMaxFlush = kSecond;

uint64_t TimeLeft() {
  return std::max(
      kMinWait, static_cast<uint64_t>(absl::ToInt64Nanoseconds(EndTimeLeft())));
}

void SleepUntil(uint64_t end) {
  for (uint64_t now = NowNanos(); now < end; now = NowNanos()) {
    const uint64_t left = end - now;
    const timespec pause = {static_cast<time_t>(left / kSecond),
                            static_cast<long>(left % kSecond)};
    nanosleep(&pause, nullptr);  // a signal ends it
  }
}

}  // namespace

void EndAfterDrain(int signal) {
  AwaitOtherCopies(signal);
  if (Settings().flush_stdio) FlushStdio(std::min(TimeLeft(), kMaxFlush));
  // The handler ends the process, on another thread. If it does not return, it
  // has until the deadline.
  if (HandleAfterDrain(signal)) SleepUntil(NowNanos() + TimeLeft());
  FinishBySignal(signal);
}

}  // namespace finalize_internal
