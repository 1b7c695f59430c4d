// SPDX-License-Identifier: Apache-2.0

// A daemon that adopts the temp dirs which it made before it forked.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/adopt_after_fork.h"
#include "finalize/failure_reporter.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize_test::Forked;
using finalize_test::Require;
using finalize_test::Say;
using tempdir::DestructorTempDir;
using tempdir::FinalizerTempDir;

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

template <class Dir>
Dir Make() {
  absl::StatusOr<Dir> dir = Dir::Create();
  Require(dir.ok(), "Create");
  std::ofstream(dir->path().native() + "/file") << "content";
  return *std::move(dir);
}

void Daemonize() {
  if (Forked(fork()) != 0) _exit(7);
}

void Adopt() {
  const absl::Status status = finalize::AdoptAfterFork().status();
  Require(status.ok(), status.ToString().c_str());
}

// Removes by every verb, in the child.
template <class Dir>
void Verbs() {
  Dir removed = Make<Dir>();
  Dir kept = Make<Dir>();
  const std::string ended = [] {
    Dir dir = Make<Dir>();
    Daemonize();
    Adopt();
    return dir.path().native();
  }();
  Require(!Exists(ended), "removed by its destructor");
  Require(removed.Remove().ok() && removed.removed(), "Remove");
  Require(!Exists(removed.path().native()), "removed");
  const auto where = kept.Keep();
  Require(where.ok() && Exists(where->native() + "/file"), "Keep");
  Require(system(("rm -r " + where->native()).c_str()) == 0, "rm");
  Dir own = Make<Dir>();
  Require(own.Remove().ok(), "own");
  Say("done");
}

// Leaves it to exit(), which knows the finalizer style alone.
void Exit() {
  FinalizerTempDir& dir = *new FinalizerTempDir(Make<FinalizerTempDir>());
  Daemonize();
  Adopt();
  Require(Exists(dir.path().native()), "there");
  Say("done");
  std::exit(0);
}

// Nothing but temp dirs of the other style: nothing else is registered.
void ReturnFromMain() {
  DestructorTempDir dir = Make<DestructorTempDir>();
  Daemonize();
  Adopt();
  Say("done");
}

// Not adopted, it stays the parent's, and the parent removes it.
template <class Dir>
void NotAdopted() {
  Dir dir = Make<Dir>();
  const std::string path = dir.path().native();
  const pid_t child = Forked(fork());
  if (child == 0) {
    Require(!dir.Remove().ok(), "Remove in the child");
    return;
  }
  int status = 0;
  Require(waitpid(child, &status, 0) == child && status == 0, "child");
  Require(Exists(path), "there");
  Say("done");
}

// Adopts while threads of the parent make and remove temp dirs.
template <class Dir>
void Busy() {
  std::vector<Dir> dirs;
  for (int i = 0; i < 5; ++i) dirs.push_back(Make<Dir>());
  static std::atomic<bool> stop{false};
  static std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([] {
      while (!stop) {
        Dir dir = Make<Dir>();
        ++made;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const int before = made;
    while (made == before) sched_yield();
    const pid_t child = Forked(fork());
    if (child == 0) {
      // Of removals that the parent's threads were at.
      finalize::SetFailureReporter([](const finalize::ReportEntry&) {});
      Adopt();
      for (Dir& dir : dirs) {
        Require(Exists(dir.path().native()), "there");
        Require(Make<Dir>().Remove().ok(), "own");
      }
      _exit(3);  // this parent goes on: its temp dirs must stay
    }
    int status = 0;
    Require(waitpid(child, &status, 0) == child, "waitpid");
    Require(WIFEXITED(status) && WEXITSTATUS(status) == 3, "child");
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  Say("done");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"destructor-verbs", Verbs<DestructorTempDir>},
       {"finalizer-verbs", Verbs<FinalizerTempDir>},
       {"finalizer-exit", Exit},
       {"destructor-return", ReturnFromMain},
       {"destructor-not-adopted", NotAdopted<DestructorTempDir>},
       {"finalizer-not-adopted", NotAdopted<FinalizerTempDir>},
       {"destructor-busy", Busy<DestructorTempDir>},
       {"finalizer-busy", Busy<FinalizerTempDir>}});
}
