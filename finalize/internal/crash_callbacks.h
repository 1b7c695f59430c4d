// What is called in a crash: a table that is filled without a lock and read by
// the handler at any moment.
#ifndef FINALIZE_INTERNAL_CRASH_CALLBACKS_H_
#define FINALIZE_INTERNAL_CRASH_CALLBACKS_H_

#include <cstdint>

namespace finalize_internal {

struct Crash {
  int signal = 0;
  uint64_t deadline_nanos = 0;
  bool keep = false;
};

using CrashCallback = void (*)(const Crash& crash);

constexpr int kMostCrashCallbacks = 16;

// False where the table is full.
bool AddCrashCallback(CrashCallback callback);

// Calls them, newest first, until the deadline has passed. Async-signal-safe.
void RunCrashCallbacks(const Crash& crash);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CALLBACKS_H_
