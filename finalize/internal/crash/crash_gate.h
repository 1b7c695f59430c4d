// SPDX-License-Identifier: Apache-2.0

// The crash gate: from the moment when a crash is handled, no other thread
// creates or uses what the crash callbacks remove (contract C23).
//
// clang-format off
//            ShutCrashGate             a minute later: the process lives on
//     open ----------------> shut --------------------------------------> open
//                              |
//                              | ReleaseCrashGate
//                              v
//                          released, until the end of the process
// clang-format on
//
//   open      Each thread that creates or removes something announces itself
//             before it looks at the gate, and withdraws after its last system
//             call.
//   shut      A thread that arrives or withdraws waits for the end of the
//             process. Threads that crash do not wait: they are refused.
//   released  No thread waits: all are refused.
//
// The state belongs to one epoch: in a forked child the gate is open, and the
// announcements of threads that do not exist there are void.
//
// An announcement is a slot of a fixed table. The stores to it and to the gate
// are sequentially consistent, so that either the handler sees the announcement
// or the thread sees the gate shut. If all slots are in use, a thread is not
// announced.
//
// Thread-safe, and async-signal-safe. No thread is signaled. Uses no lock and
// no thread-local variables, which may be allocated when they are first used.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_GATE_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_GATE_H_

#include <cstdint>

#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"

namespace finalize_internal {

// For the thread that handles a crash that is certain to end the process. Waits
// for announced threads until `patience_nanos`. The gate opens again at
// `reopens_nanos`. (Both of CLOCK_MONOTONIC.)
void ShutCrashGate(uint64_t patience_nanos, uint64_t reopens_nanos);

// For another thread that crashes meanwhile: it does not wait at the gate, and
// the gate does not wait for it.
void PassCrashGate();

// Lets the waiting threads continue.
FINALIZE_INTERNAL_EXPORT void ReleaseCrashGate();

FINALIZE_INTERNAL_EXPORT bool CrashGateIsShut();

// Returns true if a thread that does not crash has announced that it creates
// something.
FINALIZE_INTERNAL_EXPORT bool OthersMake();

constexpr int kNotAnnounced = -1;

struct Announcement {
  int slot = kNotAnnounced;
  uint64_t word = 0;
};

// Waits while the gate is shut, then announces the thread. Returns false, and
// has not announced it, if the thread is refused.
FINALIZE_INTERNAL_EXPORT bool EnterCrashGate(bool makes, Announcement* made);

// Withdraws the announcement, and waits while the gate is shut.
FINALIZE_INTERNAL_EXPORT void LeaveCrashGate(const Announcement& made);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_GATE_H_
