// SPDX-License-Identifier: Apache-2.0

// The example with_tempdir, as a shell user meets it.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "boost/filesystem/operations.hpp"
#include "boost/filesystem/path.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using boost::filesystem::path;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using testing::HasSubstr;
using testing::StartsWith;
using namespace finalize_test;  // NOLINT(build/namespaces)

std::string Program() {
  const char* const program = getenv("WITH_TEMPDIR");
  return program != nullptr ? program : "";
}

// It says the name by which it was started.
std::string Name() { return path(Program()).filename().native(); }

std::vector<std::string> Command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), Program());
  return arguments;
}

class WithTempdirTest : public TempDirFixture {
 protected:
  // Whoever runs the test may ignore some of them.
  WithTempdirTest() {
    for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1}) {
      signal(number, SIG_DFL);
    }
  }
  static ChildResult Run(const std::vector<std::string>& arguments) {
    return finalize_test::RunChild(Command(arguments));
  }
  static ChildResult RunInShell(const std::string& line) {
    setenv("TOOL", Program().c_str(), 1);
    return finalize_test::RunChild({"/bin/sh", "-c", line});
  }
  void ExpectNothingLeft() const { EXPECT_TRUE(Entries(scratch()).empty()); }
};

TEST_F(WithTempdirTest, CommandGetsAFreshDirectory) {
  const ChildResult result =
      Run({"sh", "-c", "ls -A $TMPDIR; touch $TMPDIR/file; echo $TMPDIR"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out, StartsWith(scratch().native() + "/finalize-"));
  EXPECT_EQ(result.err, "");
  ExpectNothingLeft();
}

TEST_F(WithTempdirTest, ExitStatusPassesThrough) {
  EXPECT_TRUE(Run({"sh", "-c", "exit 7"}).Exited(7));
  EXPECT_TRUE(Run({"--", "sh", "-c", "exit 255"}).Exited(255));
  ExpectNothingLeft();
}

TEST_F(WithTempdirTest, SignalThatEndsTheCommandPassesThrough) {
  for (int number : {SIGTERM, SIGKILL, SIGHUP, SIGABRT}) {
    const ChildResult result =
        Run({"sh", "-c", "kill -" + std::to_string(number) + " $$"});
    EXPECT_TRUE(result.Killed(number)) << result;
  }
  ExpectNothingLeft();
}

TEST_F(WithTempdirTest, DiesOfTheSignalThatTheCommandDiesOf) {
  ChildProcess tool(
      Command({"sh", "-c", "touch $TMPDIR/file; echo ready; read x"}));
  ASSERT_TRUE(tool.AwaitOutput("ready\n"));
  tool.Signal(SIGTERM);
  // Its input stays open until it has gone.
  EXPECT_FALSE(tool.AwaitOutput("more"));
  const ChildResult result = tool.Await();
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.err, "");
  ExpectNothingLeft();
}

TEST_F(WithTempdirTest, IgnoredHangupStaysIgnored) {
  setenv("TOOL", Program().c_str(), 1);
  ChildProcess shell(
      {"/bin/sh", "-c",
       "trap '' HUP; exec \"$TOOL\" sh -c 'echo ready; read x; exit 3'"});
  ASSERT_TRUE(shell.AwaitOutput("ready\n"));
  shell.Signal(SIGHUP);
  shell.Send("\n");
  EXPECT_TRUE(shell.Await().Exited(3));
  ExpectNothingLeft();
}

TEST_F(WithTempdirTest, TimeoutEndsIt) {
  const ChildResult result =
      RunInShell("timeout 0.1 \"$TOOL\" sh -c 'touch $TMPDIR/x; sleep 1000'");
  EXPECT_TRUE(result.Exited(124)) << result;
  ExpectNothingLeft();
}

TEST_F(WithTempdirTest, BrokenPipeEndsIt) {
  const ChildResult result = RunInShell("\"$TOOL\" yes | head -n 1");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "y\n");
  EXPECT_EQ(result.err, "");
  ExpectNothingLeft();
}

TEST_F(WithTempdirTest, StandardStreamsAreTheCommands) {
  ChildProcess tool(Command({"cat"}));
  tool.Send("through\n");
  const ChildResult result = tool.Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "through\n");
}

TEST_F(WithTempdirTest, FailureKeepsTheDirectoryIfAsked) {
  const ChildResult result = Run(
      {"--keep-on-failure", "sh", "-c", "echo x >$TMPDIR/evidence; exit 1"});
  EXPECT_TRUE(result.Exited(1)) << result;
  EXPECT_THAT(result.err, HasSubstr("kept the temporary directory"));
  ASSERT_EQ(Entries(scratch()).size(), 1u);
  EXPECT_TRUE(Exists(WhatAFailureLeft(scratch()) / "evidence"));
}

TEST_F(WithTempdirTest, SuccessKeepsNothing) {
  EXPECT_TRUE(Run({"--keep-on-failure", "true"}).Exited(0));
  ExpectNothingLeft();
}

TEST_F(WithTempdirTest, ParentCanBeNamed) {
  const ChildResult result =
      Run({"--parent=" + Parent().native(), "sh", "-c", "echo $TMPDIR"});
  EXPECT_THAT(result.out, StartsWith(Parent().native()));
  EXPECT_TRUE(Entries(Parent()).empty());
}

TEST_F(WithTempdirTest, WhatCannotBeRunIsSaid) {
  const ChildResult none = Run({"no-such-command"});
  EXPECT_TRUE(none.Exited(127)) << none;
  EXPECT_THAT(none.err, HasSubstr("no-such-command: No such file"));
  EXPECT_TRUE(Run({"/"}).Exited(126));
  EXPECT_TRUE(Run({}).Exited(125));
  EXPECT_TRUE(Run({"--no-such-option", "true"}).Exited(125));
  EXPECT_TRUE(Run({"--parent=/missing", "true"}).Exited(125));
  ExpectNothingLeft();
}

TEST_F(WithTempdirTest, HelpNamesTheProgramAsItWasCalled) {
  const std::string usage =
      " [--keep-on-failure] [--parent=D] [--] CMD [ARG...]\n";
  const ChildResult help = Run({"--help"});
  EXPECT_TRUE(help.Exited(0)) << help;
  EXPECT_EQ(help.out, "usage: " + Name() + usage);
  const std::string link = (Parent() / "with-tempdir").native();
  ASSERT_EQ(symlink(canonical(path(Program())).c_str(), link.c_str()), 0);
  const ChildResult wrong = finalize_test::RunChild({link, "--wrong"});
  EXPECT_TRUE(wrong.Exited(125)) << wrong;
  EXPECT_EQ(
      wrong.err,
      "with-tempdir: no such option: --wrong\nusage: with-tempdir" + usage);
}

// C38: the name of a command is shown within its line.
TEST_F(WithTempdirTest, OddNameOfACommandIsShownOnOneLine) {
  const ChildResult result = Run({"d\nfinalize: all is well\x1b[2J"});
  EXPECT_TRUE(result.Exited(127)) << result;
  EXPECT_EQ(result.err,
            Name() +
                ": d\\nfinalize: all is well\\x1b[2J: No such file or "
                "directory\n");
}

}  // namespace
