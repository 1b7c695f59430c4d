// SPDX-License-Identifier: Apache-2.0

// Observer: two functions that are called before and after each callback that
// the library runs, so that a callback that hangs can be named while it hangs.
//
//   finalize::Observer observer;
//   observer.start = [](const finalize::ReportEntry& entry) {
//     Trace("begin", entry.name);
//   };
//   observer.end = [](const finalize::ReportEntry& entry) {
//     Trace("end", entry.name);
//   };
//   finalize::SetObserver(observer);
//
// `start` gets an entry whose outcome is kRunning, with the callback and its
// arguments as text. `end` gets the same entry with kRan or kFailed, the
// duration and the status. Every trigger is observed: a call, the end of an
// object or a scope, every drain.
//
// Pairs: the observer whose `start` was called gets the `end` too, on the same
//   thread, even if it has been replaced meanwhile. `end` is not called if the
//   callback does not return, because it ends its thread or the process, or
//   calls exit().
// Threads: both are called on the thread that runs the callback, with no lock
//   held, and may be called on several threads at once. They may register, run,
//   detach and drain, and may replace the observer; callbacks that they run are
//   not observed. The finalizer is already dead, and still counts as running: a
//   drain, or a registry's destructor, waits for the observer too.
// Failure: an exception that they throw is dropped, and the callback runs.
// Lifetime: the observer must own what it uses. When SetObserver() returns, the
//   old one may still be running on another thread, and its `end` may be called
//   later.
// Fork: a child inherits the observer, for its own callbacks. If a callback
//   forks, its `end` is not called in the child. If an observer forks, the
//   child does not run the callback.
// Cost: without an observer, one relaxed load for each run.
//
// Not covered: a callable that Detach() returned, and a callback that runs
// immediately because there is no memory to register it.
//
// Thread-safe.
#ifndef FINALIZE_OBSERVER_H_
#define FINALIZE_OBSERVER_H_

#include "finalize/export.h"
#include "finalize/report.h"
#include "finalize/shared_function.h"

namespace finalize {

// Each function may be empty.
struct Observer {
  SharedFunction<void(const ReportEntry&)> start;
  SharedFunction<void(const ReportEntry&)> end;
};

// Replaces the observer of the process and returns the previous one. An
// Observer with two empty functions means that there is none.
FINALIZE_EXPORT Observer SetObserver(Observer observer);

}  // namespace finalize

#endif  // FINALIZE_OBSERVER_H_
