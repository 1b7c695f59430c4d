// SPDX-License-Identifier: Apache-2.0

// StartReaperProcess starts a process that removes what this one leaves when it
// dies, within tens of milliseconds.
//
//   int main() {
//     absl::Status reaper = tempdir::StartReaperProcess();
//     if (!reaper.ok()) std::cerr << reaper << "\n";  // the next start does it
//     ...
//   }
//
// For programs that leave much and may not be started again soon; others are
// served by the reaping at the next start (reap.h). The reaper process does
// the same work: when this process ends, it calls Reap for the parents that
// ReaperProcessOptions names, and for no others. So it also removes what other
// processes left there. It does not remove what a running child of this process
// still holds; the next start does. On a file system where locks are not known
// to work, it removes only roots whose owners it can prove to have ended: those
// that were locked through the same mount since the machine was started
// (reap.h).
//
// The process runs the program `finalize-reap`, by posix_spawn: it copies no
//   memory of this process, and inherits only standard error. There it writes
//   one line if something could not be removed; a program that reads that pipe
//   to its end waits for the reaping as well. It has its own session, ignores
//   the signals of terminals and service managers, and runs in "/", with the
//   null device as its other standard streams (and as standard error if this
//   process has none that can be written). It waits for a pidfd of this process
//   and then ends by itself. If this process executes another program, it waits
//   until that has ended. It is not a child of this process: wait() never
//   sees it, but a SIGCHLD handler may be called once while it starts.
//
// A program can be its own reaper process, so that no second program has to be
// installed. It names itself, and asks first what it is:
//
//   int main(int argc, char** argv) {
//     auto status = tempdir::RunAsReaperProcess(argc, argv);
//     if (status) return *status;
//     tempdir::ReaperProcessOptions options;
//     options.program = "/proc/self/exe";
//     absl::Status reaper = tempdir::StartReaperProcess(options);
//   }
//
// Not covered: what kills the reaper process too. That is the end of a
// container in which this is process 1, a service manager that kills the whole
// control group with SIGKILL, or a power loss. The next start reaps then.
//
// Thread-safe. Call it once.
#ifndef TEMPDIR_REAPER_PROCESS_H_
#define TEMPDIR_REAPER_PROCESS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"

namespace tempdir {

// Which program the reaper process runs, and what it reaps.
struct ReaperProcessOptions {
  // The program finalize-reap: a path, or a name that is looked up in $PATH.
  std::string program = "finalize-reap";
  // The parents in which this process creates temp dirs; only these are reaped.
  // An empty one means the present $TMPDIR.
  std::vector<std::string> parents = {""};
};

// Returns OK as soon as the reaper process watches this one. Returns NotFound
// if there is no such program, InvalidArgument if a parent is a path in which
// no temp dir could be created, and FailedPrecondition, without starting
// anything, if a parent does not exist or cannot be read. Any other error says
// why the program could not be started.
FINALIZE_EXPORT absl::Status StartReaperProcess(
    const ReaperProcessOptions& options = {});

// If the arguments are those with which StartReaperProcess() starts
// `finalize-reap`, does the work of the reaper process and returns the exit
// status. For any other arguments, returns nullopt immediately. Call it before
// the program starts threads.
FINALIZE_EXPORT std::optional<int> RunAsReaperProcess(int argc, char** argv);

}  // namespace tempdir

#endif  // TEMPDIR_REAPER_PROCESS_H_
