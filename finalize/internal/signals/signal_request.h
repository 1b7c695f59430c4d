// The request to end that stop signals make of this process, and which signals
// belong to it. All copies of the library in the process share it (copies.h).
//
//     none -- Accept: first --> accepted -- PostRequest --> posted
//             signal              |                           |
//                                 +---- Accept: another ------+
//                                       within the grace: kRepeat
//                                       later: kNow
//
// The grace counts from the first signal, and a repeat does not extend it.
//
// All of this except AwaitPosted is done by atomics and system calls, and is
// async-signal-safe.
#ifndef FINALIZE_INTERNAL_SIGNALS_SIGNAL_REQUEST_H_
#define FINALIZE_INTERNAL_SIGNALS_SIGNAL_REQUEST_H_

#include <signal.h>
#include <sys/types.h>

#include <cstdint>

namespace finalize_internal {

enum class Arrival {
  kFirst,   // makes the request
  kRepeat,  // is part of the request that was made: nothing is to be done
  kNow,     // asks for the end at once
};

// Accepts `signal`, with `info`, which came to this thread at `now_nanos` of
// CLOCK_MONOTONIC. With a grace of 0 every signal after the first means now.
// What the program's own handler passes on is no further signal: `context` is
// what came with it.
Arrival Accept(int signal, const siginfo_t& info, const void* context,
               uint64_t now_nanos, uint64_t grace_nanos);

// Notes that the program's own handler begins, on this thread, in the signal
// frame of `context`; and that it has returned.
void EnterOwnHandler(void* context);
void LeaveOwnHandler(void* context);

// Whether the program's own handler has passed `context` on. False for a signal
// that the kernel delivers, whether that handler is running or has jumped away.
bool IsPassedOn(const void* context);

// Hands the accepted signal to the thread that waits for it.
void PostRequest(int signal);

// The signal that was posted to this process; 0 if none was. For its owner.
int PostedSignal();
// Waits for one.
int AwaitPosted();

// Forgets what a parent of this process accepted.
void ResetRequest();

// Copies the information that `signal` came with, if it made the request.
bool CopyRequestInfo(int signal, siginfo_t* info);

// Sends `signal` to the thread that it came to when it made the request, or to
// this one if that has ended or `signal` did not make it.
void SendAgain(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_SIGNAL_REQUEST_H_
