// Crash: what a crash callback learns (crash_callback.h).
//
// A value; thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_CRASH_H_
#define FINALIZE_CRASH_H_

#include <cstdint>

#include "finalize/internal/base/requirements.h"

namespace finalize {

struct Crash {
  int signal = 0;  // 0 for a drain that hangs
  // When to have returned, in nanoseconds of CLOCK_MONOTONIC. Not an
  // absl::Time: absl::Now() is not for a signal handler, clock_gettime() is.
  uint64_t deadline_nanos = 0;
  // Leave for a post-mortem what would be removed, and make sure that nobody
  // else removes it (ExitHooks::keep_on_crash).
  bool keep = false;
};

using CrashCallback = void (*)(const Crash& crash);

// How many there may be of each kind.
constexpr int kMaxCrashCallbacks = 16;

}  // namespace finalize

#endif  // FINALIZE_CRASH_H_
