// SPDX-License-Identifier: Apache-2.0

// The command that with_tempdir runs, and the signals between the two.

#ifndef EXAMPLES_WITH_TEMPDIR_COMMAND_H_
#define EXAMPLES_WITH_TEMPDIR_COMMAND_H_

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "examples/with_tempdir/group_witness.h"

namespace with_tempdir {

struct Ending {
  bool Success() const { return signal == 0 && exit_code == 0; }

  int exit_code = 0;
  int signal = 0;     // what ended the command, or 0
  std::string error;  // why it did not start
};

// Blocks the signals that are passed on to the command, from construction on,
// so that none ends this process before the directory is removed. Confined to
// the main thread; constructed before any other thread starts.
class Signals {
 public:
  explicit Signals(char** argv);

  // In the child: restores everything.
  void Restore() const;
  // Passes on the signals that arrived before `child` existed. The child still
  // blocks all of them, so that one that it received itself is not doubled.
  void PassOnEarly(pid_t child);
  // Passes signals on to `child` until it has ended. Returns as waitpid does.
  int PassOnUntilEnd(pid_t child);
  // Ends the process as the command ended, or returns the exit status.
  int EndLike(const Ending& ending) const;

 private:
  sigset_t before_;
  sigset_t held_;
  bool child_was_ignored_;
  std::optional<GroupWitness> witness_;
};

// Runs `command` with TMPDIR set to `directory`, and waits for it.
Ending RunCommand(char** command, const std::string& directory,
                  Signals* signals);

}  // namespace with_tempdir

#endif  // EXAMPLES_WITH_TEMPDIR_COMMAND_H_
