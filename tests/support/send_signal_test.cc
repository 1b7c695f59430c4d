// SPDX-License-Identifier: Apache-2.0

// To which processes the test kit sends a signal, and which it refuses. If a
// mistake would reach too many processes, the signal is 0, which does nothing.
// A death test runs in a child process; only processes that the death test
// itself starts are its children.

#include "tests/support/send_signal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/support/forked.h"

namespace {

using finalize_test::Forked;
using finalize_test::HeldProcess;
using finalize_test::IsUnreapedChild;
using finalize_test::QueueSignal;
using finalize_test::SendSignal;
using finalize_test::SendToGroup;
using finalize_test::SendToThread;

// A child that waits for a signal, and ends with its parent, because a process
// that lives on keeps the pipe of a death test open.
pid_t Waiting() {
  const pid_t parent = getpid();
  const pid_t child = Forked(fork());
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  for (;;) pause();
}

int SignalOf(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

pid_t Reaped() {
  const pid_t child = Forked(fork());
  if (child == 0) _exit(0);
  EXPECT_EQ(SignalOf(child), 0);
  return child;
}

TEST(SendSignalTest, RefusesWhatStandsForMany) {
  for (pid_t many : {-1, 0, -getpid()}) {
    EXPECT_DEATH(SendSignal(many, 0), "SendSignal .*no process of the test");
    EXPECT_DEATH(QueueSignal(many, 0), "QueueSignal .*no process of the test");
    EXPECT_DEATH(HeldProcess(many).Send(0), "HeldProcess .*no process of the");
    EXPECT_DEATH(SendToThread(many, 0), "SendToThread .*this is no thread");
  }
}

TEST(SendSignalTest, NamesTheNumberAndTheReason) {
  EXPECT_DEATH(SendSignal(-1, 0), "SendSignal -1: this is no process of");
}

TEST(SendSignalTest, RefusesParentsAndStrangers) {
  for (pid_t other : {getppid(), 1}) {
    EXPECT_DEATH(SendSignal(other, 0), "SendSignal");
    EXPECT_DEATH(HeldProcess(other).Send(0), "HeldProcess");
    EXPECT_DEATH(SendToGroup(other, 0), "SendToGroup");
  }
}

TEST(SendSignalTest, RefusesAChildThatWasWaitedFor) {
  EXPECT_DEATH(SendSignal(Reaped(), 0), "nor a child that was not waited for");
  EXPECT_DEATH(SendToGroup(Reaped(), 0), "not a child that was not waited for");
  EXPECT_DEATH(HeldProcess(Reaped()).Send(0), "HeldProcess");
}

TEST(SendSignalTest, ReachesItself) {
  static volatile sig_atomic_t seen;
  seen = 0;
  signal(SIGUSR1, [](int) { seen = seen + 1; });
  // ThreadSanitizer calls handlers only in calls that may block.
  const auto await = [](int count) {
    while (seen < count) poll(nullptr, 0, 0);
  };
  SendSignal(getpid(), SIGUSR1);
  await(1);
  SendToThread(gettid(), SIGUSR1);
  await(2);
  QueueSignal(getpid(), SIGUSR1);
  await(3);
  signal(SIGUSR1, SIG_DFL);
  EXPECT_EQ(seen, 3);
}

TEST(SendSignalTest, ReachesAChild) {
  const pid_t child = Waiting();
  SendSignal(child, SIGTERM);
  // It keeps its number until it is waited for, even if it has ended.
  SendSignal(child, SIGTERM);
  EXPECT_EQ(SignalOf(child), SIGTERM);
}

TEST(SendSignalTest, ReachesOnlyTheGroupOfALeader) {
  EXPECT_DEATH(SendToGroup(Waiting(), 0), "SendToGroup .*it leads no group");
  const pid_t child = Waiting();
  ASSERT_EQ(setpgid(child, child), 0);
  SendToGroup(child, SIGTERM);
  EXPECT_EQ(SignalOf(child), SIGTERM);
}

TEST(SendSignalTest, HeldOneIsReachedWhenItsParentHasEnded) {
  int numbers[2];
  ASSERT_EQ(pipe(numbers), 0);
  const pid_t parent = Forked(fork());
  if (parent == 0) {
    const pid_t child = Forked(fork());
    if (child == 0) {
      for (;;) pause();
    }
    if (write(numbers[1], &child, sizeof child) != sizeof child) _exit(1);
    for (;;) pause();
  }
  pid_t grandchild = 0;
  ASSERT_EQ(read(numbers[0], &grandchild, sizeof grandchild),
            static_cast<ssize_t>(sizeof grandchild));
  HeldProcess held(grandchild);
  EXPECT_FALSE(IsUnreapedChild(grandchild));
  SendSignal(parent, SIGKILL);
  EXPECT_EQ(SignalOf(parent), SIGKILL);
  held.Send(SIGKILL);
  held.AwaitEnd();
  close(numbers[0]);
  close(numbers[1]);
}

TEST(ForkedTest, FailsIfThereIsNoChild) {
  errno = EAGAIN;
  EXPECT_DEATH(Forked(-1), "no child process: Resource temporarily");
}

}  // namespace
