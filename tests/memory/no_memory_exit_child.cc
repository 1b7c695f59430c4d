// SPDX-License-Identifier: Apache-2.0

// A process that exits without memory for its drain.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "finalize/at_exit.h"
#include "finalize/failure_reporter.h"
#include "finalize/registry.h"
#include "tests/support/forked.h"
#include "tests/support/scarce_memory.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Options;
using finalize::Registry;
using finalize_test::Forked;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::ScarceMemory;

// What has been done when the drain is over.
constexpr int kSkipped = 40;  // more than are looked for at once
int ran = 0;
int destroyed = 0;
int reported = 0;
ScarceMemory* scarce = nullptr;

void CheckExit() {
  const bool sufficed = scarce->sufficed();
  delete scarce;
  Require(ran == 4, "each once");
  Require(destroyed == kSkipped, "each that is skipped");
  // One fails, and is left. Without memory to note it that is reported twice,
  // rather than not.
  Require(reported == 3 + kSkipped || (!sufficed && reported == 4 + kSkipped),
          "each that fails or is skipped");
  _exit(sufficed ? 0 : 1);
}

[[noreturn]] void ExitWith(int allocations, ScarceMemory::Failing failing) {
  static const absl::Status lost =
      absl::DataLossError("a text that is too long to be kept in a string");
  std::atexit(&CheckExit);  // older, and so later, than the drain
  finalize::SetFailureReporter(
      [](const finalize::ReportEntry&) { ++reported; });
  for (int i = 0; i < kSkipped; ++i) {
    AtExit(
        Options().set_at_exit(false), [](const std::shared_ptr<char>&) {},
        std::shared_ptr<char>(new char, [](char* token) {
          ++destroyed;
          delete token;
        }));
  }
  const auto fails = [] {
    ++ran;
    return lost;
  };
  Registry::Process().RegisterRetryable({}, fails);
  AtExit(fails);
  AtExit([] {
    ++ran;
    throw ran;
  });
  AtExit([] { ++ran; });
  scarce = new ScarceMemory(allocations, failing);
  std::exit(9);
}

// Each in a child of its own, until one has enough.
template <ScarceMemory::Failing kFailing>
void ExitWithEverMore() {
  constexpr int kMaxAllocations = 2000;
  int status = 0;
  int allocations = -1;
  do {
    Require(++allocations < kMaxAllocations, "an end");
    const pid_t child = Forked(fork());
    if (child == 0) ExitWith(allocations, kFailing);
    Require(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
                WEXITSTATUS(status) <= 1,
            "exit with " + std::to_string(allocations));
  } while (WEXITSTATUS(status) != 0);
  Require(allocations > 2, "allocations");
  Say("done");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"one-fails", ExitWithEverMore<ScarceMemory::kOneFails>},
       {"rest-fail", ExitWithEverMore<ScarceMemory::kRestFail>}});
}
