// StartReaperProcess: a process that removes what this one leaves when it dies,
// however it dies, within tens of milliseconds.
//
//   int main() {
//     absl::Status reaper = tempdir::StartReaperProcess();
//     if (!reaper.ok()) std::cerr << reaper << "\n";  // the next start does it
//     ...
//   }
//
// For programs that leave much and may not be started again soon. Everything
// else has the reaping at the next start (reap.h), with which this has the
// work in common: at the end of this process it calls Reap for the parents that
// it was told of. So it also removes what others left there, and leaves what a
// living child forked from this process still holds to the next start.
//
// It is the program `finalize-reap`, started with posix_spawn: nothing of this
// process's memory is copied, no descriptor is inherited. It has a session of
// its own, ignores the signals of terminals and service managers, runs in "/"
// with the null device as its standard streams, and ends by itself: it waits
// for a pidfd of this process. It is nobody's child: wait() never sees it, but
// a handler of SIGCHLD may be called once while it starts.
//
// It does not help where it dies along with this process: in a container of
// which this is process 1, under a service manager that kills the whole control
// group with SIGKILL, at a power loss. The next start does.
//
// Thread-safe. Call it once.

#ifndef TEMPDIR_REAPER_PROCESS_H_
#define TEMPDIR_REAPER_PROCESS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tempdir {

struct ReaperProcessOptions {
  // Where finalize-reap is: a path, or a name to be looked for in $PATH.
  std::string program = "finalize-reap";
  // Where this process makes temp dirs. An empty one stands for $TMPDIR as it
  // is now.
  std::vector<std::string> parents = {""};
};

// Returns OK once it watches. NotFound: there is no such program; any other
// error says why it could not be started. InvalidArgument: a parent that no
// temp dir could be made in, as a path.
absl::Status StartReaperProcess(const ReaperProcessOptions& options = {});

}  // namespace tempdir

#endif  // TEMPDIR_REAPER_PROCESS_H_
