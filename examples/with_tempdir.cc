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
// Signals: SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1 and SIGUSR2 that somebody
// sends to this go on to the command, which decides; what a terminal sends to
// both is not doubled. What was ignored (nohup) stays so for both.
//
// A command that outlives this, because this was killed by SIGKILL, keeps its
// directory: it inherits a descriptor that holds the lock (tempdir/reap.h). The
// next program of this user that makes a temp dir there removes what is left.

#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/with_tempdir/arguments.h"
#include "examples/with_tempdir/command.h"
#include "finalize/registry.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"

namespace {

constexpr int kNoDirectory = 125;

void Complain(const std::string& what) {
  fprintf(stderr, "with_tempdir: %s\n", what.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = with_tempdir::ParseArguments(argc, argv);
  if (!arguments.ok()) {
    Complain(std::string(arguments.status().message()));
    fputs(with_tempdir::kUsage, stderr);
    return kNoDirectory;
  }
  // From here on signals wait for the command.
  const with_tempdir::Signals signals;
  auto dir =
      tempdir::TempDir::Create(tempdir::TempDirOptions()
                                   .Parent(arguments->parent)
                                   .KeepOnFailure(arguments->keep_on_failure));
  if (!dir.ok()) {
    Complain(std::string(dir.status().message()));
    return kNoDirectory;
  }
  const with_tempdir::Ending ending = with_tempdir::RunCommand(
      arguments->command, dir->path().native(), signals);
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
