// SPDX-License-Identifier: Apache-2.0

// The example with_tempdir: each signal reaches the command once, whoever sends
// it, and to whom.

#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "boost/filesystem/path.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/forked.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::Forked;
using finalize_test::HeldProcess;
using finalize_test::SendSignal;
using finalize_test::SendToGroup;
using testing::EndsWith;
using namespace finalize_test;  // NOLINT(build/namespaces)
using Strings = std::vector<std::string>;

class WithTempdirSignalTest : public TempDirFixture {
 protected:
  // The tool, started by `before`, with a command that counts `number`.
  Strings Counting(int number, Strings before) {
    const char* const program = getenv("WITH_TEMPDIR");
    for (const std::string& argument : Strings{
             program != nullptr ? program : "", "--parent=" + Parent().native(),
             finalize_test::HelperPath("with_tempdir_child"),
             (scratch() / "pid").native(), std::to_string(number)}) {
      before.push_back(argument);
    }
    return before;
  }
  pid_t Tool() const {
    pid_t pid = 0;
    std::ifstream((scratch() / "pid").native()) >> pid;
    return pid;
  }
  // Sends the last signal and says how often the other came.
  std::string CountOf(ChildProcess* process) {
    HeldProcess(Tool()).Send(SIGRTMIN);
    const ChildResult result = process->Await();
    EXPECT_TRUE(result.Exited(0)) << result;
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(Entries(Parent()).empty());
    return result.out;
  }
  // Sends `number` by `send` to what was started.
  std::string CountOfOne(int number, const Strings& before,
                         void (*send)(pid_t, int)) {
    ChildProcess process(Counting(number, before));
    EXPECT_TRUE(process.AwaitOutput("ready\n"));
    send(process.pid(), number);
    EXPECT_TRUE(process.AwaitOutput("<1>\n"));
    return CountOf(&process);
  }
};

TEST_F(WithTempdirSignalTest, SignalToItGoesOnOnce) {
  for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
                     SIGABRT, SIGALRM, SIGXCPU, SIGVTALRM}) {
    EXPECT_THAT(CountOfOne(number, {}, SendSignal), EndsWith("<1>\n1 times\n"));
  }
}

TEST_F(WithTempdirSignalTest, SignalToTheGroupIsNotDoubled) {
  for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR2}) {
    EXPECT_THAT(CountOfOne(number, {}, SendToGroup),
                EndsWith("<1>\n1 times\n"));
  }
}

// It signals its child, and then its group.
TEST_F(WithTempdirSignalTest, SignalOfTimeoutIsNotDoubled) {
  EXPECT_THAT(CountOfOne(SIGTERM, {"/usr/bin/timeout", "1000"}, SendSignal),
              EndsWith("<1>\n1 times\n"));
}

// It signals its child, which is in the same group.
TEST_F(WithTempdirSignalTest, SignalOfTimeoutInTheForegroundGoesOn) {
  EXPECT_THAT(CountOfOne(SIGTERM, {"/usr/bin/timeout", "--foreground", "1000"},
                         SendSignal),
              EndsWith("<1>\n1 times\n"));
}

// Without job control a shell has what it starts in its own group, and signals
// the one process; with it, a group.
TEST_F(WithTempdirSignalTest, SignalOfAShellReachesTheCommandOnce) {
  for (const char* line :
       {"\"$@\" & read x; kill $!; wait $!",
        "set -m; \"$@\" & read x; kill %1; exec 2>/dev/null; wait $!"}) {
    ChildProcess shell(Counting(SIGTERM, {"/bin/bash", "-c", line, "bash"}));
    ASSERT_TRUE(shell.AwaitOutput("ready\n"));
    shell.Send("\n");
    ASSERT_TRUE(shell.AwaitOutput("<1>\n"));
    EXPECT_THAT(CountOf(&shell), EndsWith("<1>\n1 times\n")) << line;
  }
}

TEST_F(WithTempdirSignalTest, RepeatedSignalGoesOnRepeatedly) {
  ChildProcess tool(Counting(SIGTERM, {}));
  ASSERT_TRUE(tool.AwaitOutput("ready\n"));
  SendSignal(tool.pid(), SIGTERM);
  ASSERT_TRUE(tool.AwaitOutput("<1>\n"));
  SendSignal(tool.pid(), SIGTERM);
  ASSERT_TRUE(tool.AwaitOutput("<2>\n"));
  SendToGroup(tool.pid(), SIGTERM);
  ASSERT_TRUE(tool.AwaitOutput("<3>\n"));
  EXPECT_THAT(CountOf(&tool), EndsWith("<3>\n3 times\n"));
}

// What is sent to the group does not reach a command that left it.
TEST_F(WithTempdirSignalTest, CommandInAnotherGroupGetsWhatTheGroupGets) {
  Strings arguments = Counting(SIGTERM, {});
  arguments.insert(arguments.begin() + 2, "/usr/bin/setsid");
  ChildProcess tool(arguments);
  ASSERT_TRUE(tool.AwaitOutput("ready\n"));
  SendToGroup(tool.pid(), SIGTERM);
  ASSERT_TRUE(tool.AwaitOutput("<1>\n"));
  EXPECT_THAT(CountOf(&tool), EndsWith("<1>\n1 times\n"));
}

TEST_F(WithTempdirSignalTest, InterruptFromATerminalIsNotDoubled) {
  int terminal;
  const pid_t tool = Forked(forkpty(&terminal, nullptr, nullptr, nullptr),
                            "no pseudo terminal here");
  if (tool == 0) {
    Strings arguments = Counting(SIGINT, {});
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    execv(pointers[0], pointers.data());
    _exit(99);
  }
  std::string output;
  const auto await = [&](const char* text) {
    char buffer[256];
    while (output.find(text) == output.npos) {
      const ssize_t size = read(terminal, buffer, sizeof buffer);
      if (size <= 0) return false;
      output.append(buffer, static_cast<size_t>(size));
    }
    return true;
  };
  EXPECT_TRUE(await("ready"));
  EXPECT_EQ(write(terminal, "\x03", 1), 1);
  EXPECT_TRUE(await("<1>"));
  SendSignal(tool, SIGRTMIN);
  EXPECT_TRUE(await("1 times")) << output;
  int status;
  waitpid(tool, &status, 0);
  EXPECT_TRUE(WIFEXITED(status)) << output;
  close(terminal);
}

TEST_F(WithTempdirSignalTest, NohupHoldsForTheCommand) {
  ChildProcess tool(Counting(SIGTERM, {"/usr/bin/nohup"}));
  ASSERT_TRUE(tool.AwaitOutput("ready\n"));
  SendSignal(tool.pid(), SIGHUP);
  SendToGroup(tool.pid(), SIGHUP);
  SendSignal(tool.pid(), SIGTERM);
  ASSERT_TRUE(tool.AwaitOutput("<1>\n"));
  EXPECT_THAT(CountOf(&tool), EndsWith("<1>\n1 times\n"));
}

}  // namespace
