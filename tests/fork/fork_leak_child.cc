// SPDX-License-Identifier: Apache-2.0

// Forked children that end by exit() with memory that their parent's callbacks
// own, which they never free.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/weak_ref.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/reap.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize_test::Forked;
using finalize_test::Require;

void Await(pid_t child) {
  int status = 0;
  Require(waitpid(child, &status, 0) == child, "waitpid");
  Require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "end of a child");
}

std::string Text() { return std::string(1000, 'x'); }
using Large = std::array<char, 10000>;
auto Owner() {
  return [text = std::make_unique<std::string>(Text())] {};
}

template <class F>
void WithEverything(F forks) {
  struct Object {
    finalize::Lifetime lifetime;
  };
  Object object;
  finalize::AtExit(Owner());
  finalize::AtExit(
      "large", [](const std::string&, const Large&) {}, Text(), Large());
  finalize::OnDestroy(object.lifetime, Owner());
  finalize::Registry registry;
  registry.Register({}, Owner());
  for (int i = 0; i < 2000; ++i) registry.Register({}, Owner());
  finalize::Finally guard(Owner());
  auto shared = finalize::MakeShared<int>(1);
  finalize::WeakRef<int> weak(shared, Owner());
  auto removed_by_exit = tempdir::FinalizerTempDir::Create();
  auto removed_by_scope = tempdir::DestructorTempDir::Create();
  Require(removed_by_exit.ok() && removed_by_scope.ok(), "Create");
  forks();
}

void ChildExits() {
  WithEverything([] {
    const pid_t child = Forked(fork());
    if (child == 0) exit(0);
    Await(child);
  });
}

// Its frames are unwound.
void ChildReturns() {
  bool in_child = false;
  WithEverything([&] {
    const pid_t child = Forked(fork());
    in_child = child == 0;
    if (!in_child) Await(child);
  });
  if (in_child) exit(0);
}

void GrandchildExits() {
  WithEverything([] {
    const pid_t child = Forked(fork());
    if (child == 0) {
      finalize::AtExit(Owner());
      finalize::Registry own;
      own.Register({}, Owner());
      const pid_t grandchild = Forked(fork());
      if (grandchild == 0) exit(0);
      Await(grandchild);
      own.Drain();
      exit(0);
    }
    Await(child);
  });
}

}  // namespace

int main(int argc, char** argv) {
  // What another thread is using during a fork is a leak of the child.
  tempdir::SetAutomaticReap(false);
  return finalize_test::RunScenario(argc, argv,
                                    {{"child-exits", &ChildExits},
                                     {"child-returns", &ChildReturns},
                                     {"grandchild-exits", &GrandchildExits}});
}
