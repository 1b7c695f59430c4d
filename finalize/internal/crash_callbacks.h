// What is called in a crash, and what is called if the drain at the end of the
// process hangs: two tables that are filled without a lock and read by a signal
// handler at any moment.
#ifndef FINALIZE_INTERNAL_CRASH_CALLBACKS_H_
#define FINALIZE_INTERNAL_CRASH_CALLBACKS_H_

#include <cstdint>

#include "finalize/requirements.h"

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

// The same for the callbacks of the reserve.
bool AddReserveCallback(CrashCallback callback);
bool HasReserveCallbacks();
void RunReserveCallbacks(const Crash& end);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CALLBACKS_H_
