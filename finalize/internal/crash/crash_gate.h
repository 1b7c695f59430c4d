// The crash gate: from the moment that a crash is handled, no other thread
// makes or uses what the crash callbacks remove (contract C23).
//
//            ShutCrashGate             a minute later: the process lives on
//     open ----------------> shut --------------------------------------> open
//                              |
//                              | ReleaseCrashGate
//                              v
//                          released, to the end of the process
//
//   open      Each thread that makes or removes announces itself before it
//             looks at the gate, and withdraws after its last system call.
//   shut      A thread that arrives or withdraws waits for the end of the
//             process. The threads that crash do not: they are refused.
//   released  No thread waits: all are refused.
//
// The state belongs to one epoch: in a forked child the gate is open, and the
// announcements of threads that do not exist there are void.
//
// An announcement is a slot of a fixed table. The stores to it and to the gate
// are sequentially consistent, so that either the handler sees the announcement
// or the thread sees the gate shut. Where all slots are in use a thread is not
// announced.
//
// No thread is signaled. Async-signal-safe; no lock and no memory of the
// threads, whose thread-local variables may be allocated when first used.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_GATE_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_GATE_H_

#include <cstdint>

#include "finalize/internal/base/requirements.h"

namespace finalize_internal {

// For the thread that handles the crash, which is certain to end the process.
// Waits for announced threads until `patience_nanos`. The gate opens again at
// `reopens_nanos`. (Both of CLOCK_MONOTONIC.)
void ShutCrashGate(uint64_t patience_nanos, uint64_t reopens_nanos);

// For another thread that crashes meanwhile: it is not held, nor waited for.
void PassCrashGate();

// Lets the threads go that wait.
void ReleaseCrashGate();

bool CrashGateIsShut();

// Whether a thread that does not crash has announced that it makes something.
bool OthersMake();

constexpr int kNotAnnounced = -1;

struct Announcement {
  int slot = kNotAnnounced;
  uint64_t word = 0;
};

// Waits while the gate is shut, then announces the thread. Returns false, and
// has not announced it, if the thread is refused.
bool EnterCrashGate(bool makes, Announcement* made);

// Withdraws it, and waits while the gate is shut.
void LeaveCrashGate(const Announcement& made);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_GATE_H_
