// SPDX-License-Identifier: Apache-2.0

// with_tempdir: runs a command with a fresh directory as its TMPDIR, which
// disappears when the command ends, or this does.
//
//   with_tempdir make -j8
//   with_tempdir --keep-on-failure --parent=/var/scratch -- ./test --verbose
//
// Exit status: that of the command. If a signal ended the command, the same
// signal ends this program. As with env and timeout, 125 means that there is no
// directory, 126 that the command cannot be executed, and 127 that it does not
// exist.
//
// Signals: a signal that is sent to this program is passed on to the command,
// except faults and job control. A signal that is sent to the whole process
// group, by a terminal, by a shell's `kill %1` or by timeout, has reached the
// command, which is in that group, and is not passed on (group_witness.h says
// how this program knows, and when it does not). Signals that were ignored
// (nohup) stay ignored for both.
//
// If this program is killed by SIGKILL, or crashes, the command continues with
// its directory, because it inherits a descriptor that holds the lock
// (tempdir/reap.h). The directory is removed when the command has ended: a
// reaper process waits for each of the two. If a process outlives both of them
// and still has the descriptor, or if all of them are killed at once, as with a
// container, the next program of this user that creates a temp dir there
// removes the directory.

#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/with_tempdir/arguments.h"
#include "examples/with_tempdir/command.h"
#include "examples/with_tempdir/reaper.h"
#include "finalize/escaped_text.h"
#include "finalize/registry.h"
#include "tempdir/reaper_process.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"

namespace {

constexpr int kNoDirectory = 125;

void Complain(const std::string& what) {
  const std::string line = with_tempdir::ProgramName() + ": " + what;
  fprintf(stderr, "%s\n", finalize::OneLine(line).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto status = tempdir::RunAsReaperProcess(argc, argv)) {
    return *status;
  }
  const auto arguments = with_tempdir::ParseArguments(argc, argv);
  if (!arguments.ok()) {
    Complain(std::string(arguments.status().message()));
    fputs(with_tempdir::Usage().c_str(), stderr);
    return kNoDirectory;
  }
  if (arguments->help) {
    fputs(with_tempdir::Usage().c_str(), stdout);
    return 0;
  }
  // From here on, signals are held back for the command.
  with_tempdir::Signals signals(argv);
  if (const absl::Status status = with_tempdir::StartReaper(arguments->parent);
      !status.ok()) {
    Complain("no reaper process: " + std::string(status.message()));
  }
  auto dir = tempdir::TempDir::Create(
      tempdir::TempDirOptions()
          .set_parent(arguments->parent)
          .set_keep_on_failure(arguments->keep_on_failure));
  if (!dir.ok()) {
    Complain(std::string(dir.status().message()));
    return kNoDirectory;
  }
  const with_tempdir::Ending ending = with_tempdir::RunCommand(
      arguments->command, dir->path().native(), &signals);
  if (!ending.error.empty()) Complain(ending.error);
  if (arguments->keep_on_failure && !ending.Success()) {
    dir->MarkFailed();
    { const tempdir::TempDir ends = *std::move(dir); }
  } else if (const absl::Status status = dir->Remove(); !status.ok()) {
    Complain(std::string(status.message()));
  }
  // exit() also removes the root; a signal would end the process without it.
  finalize::Registry::Process().Drain();
  return signals.EndLike(ending);
}
