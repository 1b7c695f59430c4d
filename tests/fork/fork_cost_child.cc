// SPDX-License-Identifier: Apache-2.0

// A process with one pending finalizer, or a million, that forks. The child
// uses the library, and says how many pages of memory it has looked at, and how
// many it has written.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/registry.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Registry;
using finalize_test::Forked;
using finalize_test::Require;
using finalize_test::Say;

// The kernel forgets which pages this process has looked at.
void ForgetLooks() {
  const int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  Require(file >= 0 && write(file, "1", 1) == 1, "clear_refs");
  close(file);
}

// The pages looked at since, in KiB.
long KibLookedAt() {
  std::ifstream maps("/proc/self/smaps_rollup");
  for (std::string word; maps >> word;) {
    long kib = -1;
    if (word == "Referenced:" && maps >> kib) return kib;
  }
  Require(false, "smaps_rollup");
  return -1;
}

long Faults() {
  rusage usage;
  Require(getrusage(RUSAGE_SELF, &usage) == 0, "getrusage");
  return usage.ru_minflt;
}

void UseLibrary(const finalize::Finalizer<>& inherited) {
  Require(!inherited.alive() && !inherited.Run(), "inherited");
  AtExit([] {}).Run();
  AtExit([] {}).Detach();
  AtExit([] {});
  Require(Registry::Process().size() == 1, "size");
  Require(Registry::Process().Drain().ran == 1, "Drain");
}

void ForkWith(int pending) {
  finalize::Finalizer<> inherited;
  for (int i = 0; i < pending; ++i) inherited = AtExit([] {});
  const pid_t child = Forked(fork());
  if (child == 0) {
    ForgetLooks();
    const long faults = Faults();
    UseLibrary(inherited);
    const long written = Faults() - faults;
    Say(std::to_string(KibLookedAt()) + " " + std::to_string(written));
    AtExit([] { Say("own"); });
    std::exit(5);
  }
  int status = 0;
  Require(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
              WEXITSTATUS(status) == 5,
          "child");
  ForgetLooks();
  (void)Registry::Process().Drain();
  Say(std::to_string(KibLookedAt()));
}

void One() { ForkWith(1); }
void Million() { ForkWith(1000000); }

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"one", One}, {"million", Million}});
}
