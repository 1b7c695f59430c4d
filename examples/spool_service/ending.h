// SPDX-License-Identifier: Apache-2.0

// How a process of the service ends.
//
// At SIGTERM or SIGINT the library runs, within --grace seconds:
//   phase kStopAcceptingPhase   what StopFirst got
//   phase kFinishWorkPhase      the wait for requests (finalize::InFlight), or
//                               for workers
//   last                        the removal of uploads that are left
// and then ends the process: with status 0; with 1 if one of these failed, for
// example because a request did not end; with 124 if one of them hung. A second
// signal, after half a second, ends it at once, by that signal.
#ifndef EXAMPLES_SPOOL_SERVICE_ENDING_H_
#define EXAMPLES_SPOOL_SERVICE_ENDING_H_

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "examples/spool_service/settings.h"
#include "finalize/in_flight.h"

namespace spool_service {

// Each process calls it, a worker after its fork: hooks are not inherited.
absl::Status PrepareEnd(const Settings& settings);

// Registers what ends the stream of new work.
void StopFirst(std::string_view name, std::function<void()> stop);

// Returns an InFlight that leaves the uploads a quarter of the grace. It is
// never destroyed.
finalize::InFlight* NewRequests();

// Ends this process as SIGTERM does.
[[noreturn]] void EndNow();

// While one exists, no signal begins the end of this process, because every
// thread blocks SIGTERM and SIGINT: those of the server always, this one for
// that time.
class NoEnd {
 public:
  NoEnd();
  ~NoEnd();
  NoEnd(const NoEnd&) = delete;
  NoEnd& operator=(const NoEnd&) = delete;

 private:
  sigset_t before_;
};

// Whether a signal has asked this process to end, also one that is blocked.
bool EndRequested();

// From now on `heir`, a child, gets the signals that ask this process to end as
// well. Called once, while NoEnd exists.
void PassSignalsTo(pid_t heir);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_ENDING_H_
