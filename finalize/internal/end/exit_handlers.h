// SPDX-License-Identifier: Apache-2.0

// The hooks in exit() and quick_exit(), and EndProcess, through which each
// cause ends the process.
//
// The end of a process takes this way through the files of this room. A file
// includes files of lower lines only:
//
// clang-format off
//   hooks   signal_thread, terminate_hook   a signal; std::terminate()
//     |     exit_handlers                   exit(), quick_exit(); EndProcess
//     v
//   drain   process_drain, takeover         drains; waits, and takes over
//     |     watchdog                        ends a drain that hangs
//     |     signal_end, terminate_end       how the process ends after it
//     |     watchdog_report                 what the watchdog prints
//     v
//   state   end_state                       which thread does what
//           end_deadline                    the deadline of all drains
//           current_exit_options            what the program asked for
// clang-format on
//
// Rooms below ask for a hook, and leave a drain, through life/end_door.h: its
// functions are defined in exit_handlers.cc and takeover.cc.
//
// Several hooks are added at a time, and each hook that drains or blocks a
// thread adds one more, behind it. A callback that calls exit() reaches one on
// the same thread, and continues the drain. Another thread that calls exit()
// reaches one too, and waits or is blocked there. Hooks that are left find that
// the drain is over, and do nothing.
#ifndef FINALIZE_INTERNAL_END_EXIT_HANDLERS_H_
#define FINALIZE_INTERNAL_END_EXIT_HANDLERS_H_

#include "absl/time/time.h"
#include "finalize/cause.h"

namespace finalize_internal {

// Drains the process registry, because the process ends by `cause`. Returns to
// a thread that is to end the process in that way. If the process comes to a
// higher end (end_state.h), a thread that drains ends it here; any other thread
// is blocked. `deadline` counts in the first such drain of the process, for all
// of them.
//
// In a child that came out of one of the callbacks it returns at once.
void EndProcess(const finalize::Cause& cause, absl::Duration deadline) noexcept;

// Adds the hooks in quick_exit(). They do nothing in a forked child that did
// not install the exit hooks. Returns false if there is no memory.
bool AddQuickExitHooks();

// Adds a hook in exit() that does nothing unless a signal was posted before:
// then the process ends by it. Returns false if there is no memory.
bool AddSignalledExitHook();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_EXIT_HANDLERS_H_
