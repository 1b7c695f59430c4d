// SPDX-License-Identifier: Apache-2.0

// Adoption without memory (contract C21).
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "absl/status/statusor.h"
#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/failure_reporter.h"
#include "finalize/finalizer.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"
#include "tests/support/scarce_memory.h"

namespace {

using finalize::AtExit;
using finalize_test::Forked;
using finalize_test::Latch;
using finalize_test::ScarceMemory;

enum Ended { kSufficed, kFailed, kWrong };

// In a child.
Ended AdoptWith(int allocations, ScarceMemory::Failing failing, int* ran) {
  static int reported = 0;
  finalize::SetFailureReporter(
      [](const finalize::ReportEntry&) { ++reported; });
  bool sufficed;
  absl::StatusOr<size_t> adopted = size_t{0};
  {
    ScarceMemory scarce(allocations, failing);
    adopted = finalize::AdoptAfterFork();
    sufficed = scarce.sufficed();
  }
  if (!adopted.ok() || *adopted != 2) return kWrong;
  if (reported > 1 || (sufficed && reported != 1)) return kWrong;
  finalize::Registry::Process().Drain();
  if (*ran != 2) return kWrong;
  return sufficed ? kSufficed : kFailed;
}

// C21: all is adopted; what was running may not be reported.
TEST(NoMemoryAdoptTest, AdoptsAll) {
  Latch begun, end;
  int ran = 0;
  auto runs = AtExit([&] {
    begun.CountDown();
    end.Wait();
  });
  auto first = AtExit([&ran] { ++ran; });
  auto second = AtExit([&ran] { ++ran; });
  std::thread busy([&runs] { runs.Run(); });
  begun.Wait();
  for (const auto failing :
       {ScarceMemory::kOneFails, ScarceMemory::kRestFail}) {
    int ended = kFailed;
    int allocations = 0;
    for (; ended == kFailed; ++allocations) {
      const pid_t child = Forked(fork());
      if (child == 0) _exit(AdoptWith(allocations, failing, &ran));
      int status = -1;
      waitpid(child, &status, 0);
      ended = WIFEXITED(status) ? WEXITSTATUS(status) : kWrong;
    }
    EXPECT_EQ(ended, kSufficed) << "with " << allocations - 1;
    EXPECT_GT(allocations, 2);
  }
  end.CountDown();
  busy.join();
  first.Detach();
  second.Detach();
}

}  // namespace
