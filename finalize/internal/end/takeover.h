// SPDX-License-Identifier: Apache-2.0

// How a thread that waits in exit() takes over the drain of another thread.
// From glibc 2.41 on, only the waiting thread can end the process.
//
// That a callback will not return is proved if its thread sleeps in exit()
// (exit_lock.h). If the callback is only slow, ExitOptions::take_over says when
// the thread stops waiting for it.
#ifndef FINALIZE_INTERNAL_END_TAKEOVER_H_
#define FINALIZE_INTERNAL_END_TAKEOVER_H_

namespace finalize_internal {

// For EndRole::kStandsBy. Waits for the drain of another thread. Returns if
// this thread has taken the drain over; blocks it if the drain is over before
// that. The callbacks of a thread that sleeps in exit() are reported as still
// running.
void StandBy();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_TAKEOVER_H_
