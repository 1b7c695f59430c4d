// SPDX-License-Identifier: Apache-2.0

// The request to end the process that a stop signal makes, and which signals
// belong to it. All copies of the library in the process share it (copies.h).
//
// clang-format off
//     none -- Accept: first --> accepted -- PostRequest --> posted
//             signal              |                           |
//                                 +---- Accept: another ------+
//                                       within the grace: kRepeat
//                                       later: kNow
// clang-format on
//
// The grace counts from the first signal, and a repeat does not extend it.
//
// Thread-safe. All functions except AwaitPosted are async-signal-safe.
#ifndef FINALIZE_INTERNAL_SIGNALS_SIGNAL_REQUEST_H_
#define FINALIZE_INTERNAL_SIGNALS_SIGNAL_REQUEST_H_

#include <signal.h>
#include <sys/types.h>

#include <cstdint>

namespace finalize_internal {

enum class Arrival {
  kFirst,   // makes the request
  kRepeat,  // is part of the request that was made: does nothing
  kNow,     // asks for an immediate end
};

// Accepts `signal`, with `info`, which came to this thread at `now_nanos` of
// CLOCK_MONOTONIC. With a grace of 0, every signal after the first is kNow. A
// signal that the program's own handler passes on is not another signal;
// `context` is what came with it.
Arrival Accept(int signal, const siginfo_t& info, const void* context,
               uint64_t now_nanos, uint64_t grace_nanos);

// Notes that the program's own handler begins, on this thread, in the signal
// frame of `context`; and that it has returned.
void EnterOwnHandler(void* context);
void LeaveOwnHandler(void* context);

// Returns true if the program's own handler has passed `context` on; false for
// a signal that the kernel delivers, whether that handler is running or has
// jumped away.
bool IsPassedOn(const void* context);

// Hands the accepted signal to the thread that waits for it.
void PostRequest(int signal);

// Returns the signal that was posted to this process; 0 if none was. For the
// owner of the hooks.
int PostedSignal();
// The same, but 0 if a shutdown loop of the program decides what it comes to.
int PostedToDrain();
// Waits until a signal is posted, and returns it.
int AwaitPosted();

// Forgets what a parent of this process accepted.
void ResetRequest();

// Copies the information of `signal`, if it made the request.
bool CopyRequestInfo(int signal, siginfo_t* info);

// Sends `signal` to the thread that received it when it made the request, or to
// this thread if that one has ended or `signal` did not make the request.
void SendAgain(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_SIGNAL_REQUEST_H_
