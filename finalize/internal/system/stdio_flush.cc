// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/system/stdio_flush.h"

#include <stdio.h>

#include <atomic>
#include <cstdint>
#include <initializer_list>

#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/system/detached_thread.h"
#include "finalize/internal/system/signals_blocked.h"

namespace finalize_internal {
namespace {

// How many streams are finished. Only the one thread that ends the process uses
// it.
std::atomic<uint32_t> dealt_with{0};
constexpr uint32_t kStreams = 2;

// fflush(nullptr), which exit() calls, would wait for a thread that is blocked
// in getline(stdin).
void Flush(FILE* stream) {
  if (ftrylockfile(stream) == 0) {
    fflush_unlocked(stream);
    funlockfile(stream);
  }
  dealt_with.fetch_add(1, std::memory_order_release);
  FutexWake(reinterpret_cast<uint32_t*>(&dealt_with));
}

}  // namespace

// Each stream has its own thread, because a write to a full pipe does not
// return.
void FlushStdio(uint64_t nanos) {
  const uint64_t end = NowNanos() + nanos;
  dealt_with.store(0, std::memory_order_relaxed);
  {
    SignalsBlocked blocked;
    for (FILE* const stream : {stdout, stderr}) {
      if (!StartDetached([stream] { Flush(stream); })) {
        dealt_with.fetch_add(1, std::memory_order_release);  // its text is lost
      }
    }
  }
  for (;;) {
    const uint32_t seen = dealt_with.load(std::memory_order_acquire);
    const uint64_t now = NowNanos();
    if (seen >= kStreams || now >= end) return;
    FutexSleep(reinterpret_cast<uint32_t*>(&dealt_with), seen, end - now);
  }
}

}  // namespace finalize_internal
