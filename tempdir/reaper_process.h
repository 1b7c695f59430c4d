// StartReaperProcess: a process that removes what this one leaves when it dies,
// within tens of milliseconds (exceptions below).
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
// process's memory is copied, no descriptor is inherited but standard error. To
// that it writes one line if something could not be removed; whoever reads a
// pipe there to its end waits for the reaping, too. It has a session of its
// own, ignores the signals of terminals and service managers, runs in "/" with
// the null device as its other standard streams (and as standard error if this
// process has none that can be written), and ends by itself: it waits for a
// pidfd of this process. It is nobody's child: wait() never sees it, but a
// handler of SIGCHLD may be called once while it starts.
//
// It reaps no other parents than those. On a file system where locks are not
// known to hold it removes what it can prove to be dead: the roots that were
// locked through the same mount since the machine was started (reap.h).
//
// It does not help where it dies along with this process: in a container of
// which this is process 1, under a service manager that kills the whole control
// group with SIGKILL, at a power loss. The next start does.
//
// A program can be its own reaper process, so that none has to be installed
// beside it: it names itself, and asks first of all what it is.
//
//   int main(int argc, char** argv) {
//     auto status = tempdir::RunAsReaperProcess(argc, argv);
//     if (status) return *status;
//     tempdir::ReaperProcessOptions options;
//     options.program = "/proc/self/exe";
//     absl::Status reaper = tempdir::StartReaperProcess(options);
//     ...
//   }
//
// Thread-safe. Call it once.

#ifndef TEMPDIR_REAPER_PROCESS_H_
#define TEMPDIR_REAPER_PROCESS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "finalize/requirements.h"

namespace tempdir {

struct ReaperProcessOptions {
  // Where finalize-reap is: a path, or a name to be looked for in $PATH.
  std::string program = "finalize-reap";
  // Where this process makes temp dirs: only these are reaped. An empty one
  // stands for $TMPDIR as it is now.
  std::vector<std::string> parents = {""};
};

// Returns OK once it watches. NotFound: there is no such program; any other
// error says why it could not be started. InvalidArgument: a parent that no
// temp dir could be made in, as a path. FailedPrecondition, and nothing is
// started: a parent that is not there, or cannot be read.
absl::Status StartReaperProcess(const ReaperProcessOptions& options = {});

// Does what `finalize-reap` does where StartReaperProcess() starts it, and
// returns the exit status; nothing, at once, for any other arguments. Call it
// before the program starts threads.
std::optional<int> RunAsReaperProcess(int argc, char** argv);

}  // namespace tempdir

#endif  // TEMPDIR_REAPER_PROCESS_H_
