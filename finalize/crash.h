// SPDX-License-Identifier: Apache-2.0

// Crash tells a crash callback (crash_callback.h) about the crash.
//
// A value. Thread-compatible: const calls may run concurrently.
#ifndef FINALIZE_CRASH_H_
#define FINALIZE_CRASH_H_

#include <cstdint>

#include "finalize/internal/base/requirements.h"

namespace finalize {

struct Crash {
  int signal = 0;  // 0 for a drain that hangs
  // When the callback must have returned, in nanoseconds of CLOCK_MONOTONIC.
  // Not an absl::Time, because a signal handler may call clock_gettime() but
  // not absl::Now().
  uint64_t deadline_nanos = 0;
  // If true, the callback must keep what it would remove, for a post-mortem,
  // and make sure that no other program removes it (ExitHooks::keep_on_crash).
  bool keep = false;
};

using CrashCallback = void (*)(const Crash& crash);

// The largest number of callbacks of each kind.
constexpr int kMaxCrashCallbacks = 16;

}  // namespace finalize

#endif  // FINALIZE_CRASH_H_
