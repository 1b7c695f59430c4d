// Observer: hears of the start and of the end of each callback that the
// library runs, so that one that hangs can be named while it does.
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
// arguments in text. `end` gets the same entry with kRan or kFailed, the
// duration and the status.
//
// Every trigger is observed: a call, the end of an object or a scope, every
// drain. What Detach() gave back is not, nor is a callback that there is no
// memory to register and that runs at once instead.
//
// Pairs: the observer that heard of a start hears of the end, on the same
// thread, even if it has been replaced meanwhile. There is no end where the
// callback does not return: it ends its thread or the process, or calls exit().
//
// Thread: called on the thread that runs the callback, with no lock held, on
// several threads at once if so it happens. It may register, run, detach and
// drain; it may replace itself; what it runs itself is not observed. The
// finalizer is dead already, and the observer is part of its run: a drain, or a
// registry's destructor, waits for it too.
//
// Failure: an exception that it throws is dropped, and the callback runs all
// the same.
//
// Fork: a child inherits the observer, for the child's own callbacks. The child
// of a callback that forks is not told of its end, and the child of an observer
// that forks does not run the callback.
//
// Lifetime: what the observer needs it must own. A call that another thread
// has begun may still be running the old one when SetObserver() returns, and
// its end may be heard later.
//
// Cost: without an observer a run costs one relaxed load more.
//
// Thread-safe.
#ifndef FINALIZE_OBSERVER_H_
#define FINALIZE_OBSERVER_H_

#include "finalize/report.h"
#include "finalize/shared_function.h"

namespace finalize {

// Either may be empty.
struct Observer {
  SharedFunction<void(const ReportEntry&)> start;
  SharedFunction<void(const ReportEntry&)> end;
};

// Replaces the observer of the process and returns the one before. One without
// functions stands for none.
Observer SetObserver(Observer observer);

}  // namespace finalize

#endif  // FINALIZE_OBSERVER_H_
