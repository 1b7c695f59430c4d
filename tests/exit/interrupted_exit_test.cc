// SPDX-License-Identifier: Apache-2.0

// exit() in a signal handler that interrupted the library, or malloc(), at one
// instruction after the other. POSIX forbids it; the end has to come.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <string>

#include "finalize/process_end.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize::kWatchdogExitCode;
using finalize_test::ChildOptions;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;

constexpr long kMark = 0xcc;

// Lets the first thread of `child`, which is stopped, take one instruction.
// False where it ends.
bool Step(pid_t child) {
  int status = 0;
  return ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0 &&
         waitpid(child, &status, 0) == child && WIFSTOPPED(status);
}

bool IsAtMark(pid_t child) {
  user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, child, nullptr, &registers) != 0) return false;
  const long word = ptrace(PTRACE_PEEKTEXT, child, registers.rip, nullptr);
  return (word & 0xff) == kMark;
}

// Steps `child` from its first mark over `count` instructions, or to its second
// mark if that comes first, and sends it the signal there. (Their number varies
// with what the kernel and the loader have to do.) False if it has ended.
bool Interrupt(pid_t child, int count) {
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return false;
  for (int i = 0; i < count; ++i) {
    if (!Step(child)) return false;
    if (IsAtMark(child)) break;
  }
  ptrace(PTRACE_DETACH, child, nullptr, SIGUSR1);
  return true;
}

struct Outcomes {
  int statuses = 0;  // how often it ended with the status that was asked for
  int passed = 0;    // how often it passed a lane over, and said so
};

// How many instructions a scenario takes from one mark to the other.
int Length(const std::string& scenario) {
  ChildProcess child({HelperPath("interrupted_exit_child"), scenario});
  int status = 0;
  EXPECT_EQ(waitpid(child.pid(), &status, 0), child.pid());
  int length = 1;
  while (Step(child.pid()) && !IsAtMark(child.pid())) ++length;
  return length;
}

// Interrupts a scenario at so many moments, evenly over its instructions, and
// requires that each process ends in time.
constexpr int kMoments = 24;
Outcomes InterruptAll(const std::string& scenario) {
  Outcomes outcomes;
  ChildOptions options;
  options.kill_limit = 60;
  const int length = Length(scenario);
  for (int i = 0; i < kMoments && !testing::Test::HasFailure(); ++i) {
    const int count = length * i / kMoments;
    ChildProcess child({HelperPath("interrupted_exit_child"), scenario},
                       options);
    EXPECT_TRUE(Interrupt(child.pid(), count)) << scenario << ", at " << count;
    const ChildResult result = child.Await();
    const bool asked = result.Exited(3);
    EXPECT_TRUE(asked || result.Exited(kWatchdogExitCode))
        << scenario << ", after " << count << " instructions" << result;
    if (asked) {
      EXPECT_THAT(result.out, testing::HasSubstr("of another thread\n"));
    }
    outcomes.statuses += asked;
    outcomes.passed +=
        result.err.find("exit() interrupted a change") != std::string::npos;
  }
  return outcomes;
}

// C15: it always ends, mostly as asked; what other lanes hold has run, and what
// is on the lane that this thread held is reported as left.
TEST(InterruptedExitTest, EndsFromARegistration) {
  const Outcomes outcomes = InterruptAll("registration");
  EXPECT_GT(outcomes.statuses, kMoments / 2);
  EXPECT_GT(outcomes.passed, 0);
}

// C15: so it is where a finalizer is taken off its list.
TEST(InterruptedExitTest, EndsFromADetachment) {
  const Outcomes outcomes = InterruptAll("detachment");
  EXPECT_GT(outcomes.statuses, kMoments / 2);
  EXPECT_GT(outcomes.passed, 0);
}

// C15: and under the lock of the central list of nodes.
TEST(InterruptedExitTest, EndsFromASlabRefill) {
  EXPECT_GT(InterruptAll("slab-refill").statuses, kMoments / 2);
}

bool IsInExitGroup(pid_t child) {
  user_regs_struct registers;
  return ptrace(PTRACE_GETREGS, child, nullptr, &registers) == 0 &&
         registers.orig_rax == SYS_exit_group;
}

// Runs `child` from its mark to the entry or exit of a system call, the one
// with this number, and sends it the signal there. Returns false, and sends
// none, if the child comes to the end of the process before.
bool InterruptAtCall(pid_t child, int number) {
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return false;
  bool ends = false;
  for (int i = 0; i <= number && !ends; ++i) {
    if (ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) return false;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
      return false;
    ends = IsInExitGroup(child);
  }
  ptrace(PTRACE_DETACH, child, nullptr, ends ? 0 : SIGUSR1);
  return !ends;
}

// C15, C17: exit() in a handler that interrupted exit() at one of its system
// calls: each callback runs once, and the process ends as asked.
TEST(InterruptedExitTest, EndsFromExit) {
  ChildOptions options;
  options.kill_limit = 20;
  int moments = 0;
  for (bool interrupted = true; interrupted && !HasFailure(); ++moments) {
    ChildProcess child({HelperPath("interrupted_exit_child"), "exit"}, options);
    interrupted = InterruptAtCall(child.pid(), moments);
    const ChildResult result = child.Await();
    EXPECT_TRUE(result.Exited(3)) << "at " << moments << result;
    EXPECT_EQ(result.out, "of this thread\nof another thread\n");
  }
  EXPECT_GT(moments, 20);
}

// C15: and in malloc(), whose lock nobody can release.
TEST(InterruptedExitTest, EndsFromMalloc) { InterruptAll("malloc"); }

}  // namespace
