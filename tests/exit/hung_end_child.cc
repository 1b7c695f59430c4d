// SPDX-License-Identifier: Apache-2.0

// A process whose drain at the end takes long, or hangs.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/process_end.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/temp_dir_options.h"
#include "tests/support/private_mounts.h"
#include "tests/support/scenario.h"
#include "tests/support/test_clock.h"

namespace {

using finalize::AtExit;
using finalize::ExitOptions;
using finalize::Options;
using finalize_test::AwaitInput;
using finalize_test::MountPrivateMemory;
using finalize_test::PutClockForward;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;
using tempdir::DestructorTempDir;
using tempdir::FinalizerTempDir;
using tempdir::TempDirOptions;

// Has a file in it, is never destroyed, and is told of at the end.
template <class Dir>
Dir* MakeDir(TempDirOptions options = {}) {
  absl::StatusOr<Dir> dir = Dir::Create(std::move(options));
  Require(dir.ok(), "Create");
  std::ofstream((dir->path() / "file").native()) << "content";
  static auto& leaked = *new std::vector<Dir*>();  // reachable, so no leak
  leaked.push_back(new Dir(*std::move(dir)));
  return leaked.back();
}

// The drain has so long, but for the share for temp dirs.
void SetDeadline(absl::Duration deadline, double share) {
  ExitOptions options;
  options.deadline = deadline;
  options.temp_dir_share = share;
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
}

void Hang() {
  for (;;) pause();
}

void HangUntilGone(const std::string& path) {
  const int events = inotify_init1(IN_CLOEXEC);
  Require(events >= 0, "inotify_init1");
  const int watch =
      inotify_add_watch(events, path.c_str(), IN_DELETE_SELF | IN_MOVE_SELF);
  inotify_event event;
  if (watch >= 0) {
    Require(read(events, &event, sizeof event) > 0, "read");
  } else {
    Require(errno == ENOENT, "inotify_add_watch");
  }
  Say("gone");
}

// A callback waits for its input; the parent sees the notice first.
void Slow() {
  ExitOptions options;
  options.deadline = absl::Hours(1);
  options.notice = absl::Minutes(10);
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
  AtExit(Says{"left one"});
  AtExit(Options("slow one"), [] {
    PutClockForward(absl::Minutes(11));
    AwaitInput();
  });
  std::exit(3);
}

void QuickEnd() {
  AtExit(Says{"quick one"});
  std::exit(3);
}

// The share for temp dirs begins; when they are removed, the deadline passes.
void HangWithDirs() {
  SetDeadline(absl::Hours(4), 0.5);
  MakeDir<FinalizerTempDir>();
  MakeDir<FinalizerTempDir>(TempDirOptions().set_direct());
  MakeDir<DestructorTempDir>();
  AtExit(Options("hanging one"), [] {
    PutClockForward(absl::Hours(3));
    while (!std::filesystem::is_empty(getenv("TMPDIR"))) sched_yield();
    PutClockForward(absl::Hours(2));
    Hang();
  });
}
void ExitHangs() {
  HangWithDirs();
  std::exit(3);
}
void SignalHangs() {
  HangWithDirs();
  Require(finalize::InstallExitHooks().ok(), "InstallExitHooks");
  raise(SIGTERM);
  Hang();
}

void HangsWithoutShare() {
  SetDeadline(absl::Hours(1), 0);
  MakeDir<FinalizerTempDir>();
  AtExit(Options("hanging one"), [] {
    PutClockForward(absl::Hours(2));
    Hang();
  });
  std::exit(3);
}

// All of the deadline is for temp dirs: they are removed at once.
void GoesOnAfterwards() {
  SetDeadline(absl::Hours(1), 1);
  const std::string path = MakeDir<FinalizerTempDir>()->path().native();
  AtExit(Says{"left one"});
  AtExit(Options("slow one"), HangUntilGone, path);
  std::exit(3);
}

// Something is mounted in it, so the watchdog cannot remove it. The callback
// goes on, and the drain ends in time.
void LeavesTempDir() {
  ExitOptions options;
  options.deadline = absl::Hours(1);
  options.temp_dir_share = 1;
  options.failure_exit_code = 9;
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
  const std::string path = MakeDir<FinalizerTempDir>()->path().native();
  const std::string inside = path + "/mounted";
  Require(mkdir(inside.c_str(), 0700) == 0, "mkdir");
  const std::string mounted = MountPrivateMemory(inside.c_str(), "mode=0700");
  Require(mounted.empty(), mounted);
  AtExit(Options("slow one"), [path] {
    while (access(path.c_str(), F_OK) == 0) sched_yield();
  });
  std::exit(3);
}

void KeepsFailed() {
  SetDeadline(absl::Hours(1), 1);
  MakeDir<FinalizerTempDir>(TempDirOptions().set_keep_on_failure())
      ->MarkFailed();
  AtExit(Options("slow one"), AwaitInput);
  std::exit(3);
}

// The limit of phases alone lets the lower ones run.
void StuckPhase() {
  ExitOptions options;
  options.deadline = absl::Hours(1);
  options.phase_limit = absl::Minutes(10);
  options.failure_exit_code = 9;
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
  AtExit(Says{"lower one"});
  AtExit(Options("stuck one").set_phase(1), [] {
    PutClockForward(absl::Minutes(11));
    Hang();
  });
  AtExit(Options().set_phase(2), Says{"higher one"});
  std::exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"slow", Slow},
                                     {"quick", QuickEnd},
                                     {"exit-hangs", ExitHangs},
                                     {"signal-hangs", SignalHangs},
                                     {"hangs-without-share", HangsWithoutShare},
                                     {"goes-on", GoesOnAfterwards},
                                     {"leaves-temp-dir", LeavesTempDir},
                                     {"keeps-failed", KeepsFailed},
                                     {"stuck-phase", StuckPhase}});
}
