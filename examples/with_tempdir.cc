// with_tempdir: runs a command with a fresh directory as its TMPDIR, which
// disappears when the command ends, or this does.
//
//   with_tempdir make -j8
//   with_tempdir --keep-on-failure --parent=/var/scratch -- ./test --verbose
//
// Exit status: that of the command; a command that a signal ended ends this by
// the same signal. 125: no directory, 126: the command cannot be executed, 127:
// there is none, as with env and timeout.
//
// Signals: what somebody sends to this goes on to the command, which decides;
// only faults and job control do not. What was sent to the whole process group,
// by a terminal, a shell's `kill %1` or timeout, has reached the command, which
// is in that group, and does not go on (group_witness.h says how that is known,
// and when it is not). What was ignored (nohup) stays so for both.
//
// If this is killed by SIGKILL, or crashes, the command goes on, with its
// directory: it inherits a descriptor that holds the lock (tempdir/reap.h). The
// directory goes when the command has ended: a reaper process waits for each of
// the two. What has outlived both of them, and still has the descriptor, leaves
// it to the next program of this user that makes a temp dir there. So does a
// kill of all of them at once, as of a container.

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
  fprintf(stderr, "with_tempdir: %s\n", finalize::OneLine(what).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto status = tempdir::RunAsReaperProcess(argc, argv)) {
    return *status;
  }
  const auto arguments = with_tempdir::ParseArguments(argc, argv);
  if (!arguments.ok()) {
    Complain(std::string(arguments.status().message()));
    fputs(with_tempdir::kUsage, stderr);
    return kNoDirectory;
  }
  // From here on signals wait for the command.
  with_tempdir::Signals signals(argv);
  if (const absl::Status status = with_tempdir::StartReaper(arguments->parent);
      !status.ok()) {
    Complain("no reaper process: " + std::string(status.message()));
  }
  auto dir =
      tempdir::TempDir::Create(tempdir::TempDirOptions()
                                   .Parent(arguments->parent)
                                   .KeepOnFailure(arguments->keep_on_failure));
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
  // A signal would end it without exit(), which removes the root, too.
  finalize::Registry::Process().Drain();
  return signals.EndLike(ending);
}
