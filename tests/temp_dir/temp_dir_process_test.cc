// SPDX-License-Identifier: Apache-2.0

// Temp dirs and temp files at the end of real processes (temp_dir_process.cc):
// what is left.
// The destructor style leaves what no destructor runs for; that is its nature,
// and the tests say it.

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)

// The exit code of a process that a signal ended.
constexpr int kBySignal = -1;

// What the process left and how it ended.
struct Result {
  Ended ended;
  long made = 0;    // as many temp dirs as it said
  size_t left = 0;  // entries of $TMPDIR, which are roots
};

class TempDirProcessTest : public TempDirFixture {
 protected:
  Result Run(const std::string& style, const std::string& way) {
    return RunIn(scratch(), style, way);
  }
  // `parent` is $TMPDIR.
  static Result RunIn(const boost::filesystem::path& parent,
                      const std::string& style, const std::string& way) {
    Result result;
    result.ended = RunForked([&] {
      if (way == "early") setenv("TEMP_DIR_PROCESS_EARLY", style.c_str(), 1);
      setenv("TMPDIR", parent.c_str(), 1);
      const char* program = getenv("TEMP_DIR_PROCESS");
      execl(program, program, style.c_str(), way.c_str(), nullptr);
      perror(program);
      _exit(127);
    });
    const std::string& output = result.ended.output;
    result.made = std::count(output.begin(), output.end(), '\n');
    result.left = Entries(parent).size();
    return result;
  }
  // Both styles, and files: nothing left, not even the root, and nothing but
  // paths said.
  void ExpectNothingLeft(const std::string& style, const std::string& way,
                         int exit_code, long made) {
    const Result result = Run(style, way);
    EXPECT_EQ(result.left, 0u) << style << ": " << result.ended.output;
    EXPECT_EQ(result.ended.exit_code, exit_code) << style;
    EXPECT_EQ(result.made, made) << style << ": " << result.ended.output;
  }
  void ExpectNothingLeftByAny(const std::string& way, int exit_code,
                              long made) {
    ExpectNothingLeft("destructor", way, exit_code, made);
    ExpectNothingLeft("finalizer", way, exit_code, made);
    // Nothing can be made in a file.
    if (way != "nested") ExpectNothingLeft("file", way, exit_code, made);
  }
};

TEST_F(TempDirProcessTest, ReturnFromMainRemoves) {
  ExpectNothingLeftByAny("return", 0, 2);
}
// Edge 12, C20: a static object that is complete before main.
TEST_F(TempDirProcessTest, MadeBeforeMainIsRemoved) {
  ExpectNothingLeftByAny("early", 0, 1);
}
TEST_F(TempDirProcessTest, ThreadLocalIsRemoved) {
  ExpectNothingLeftByAny("thread_local", 0, 2);
}
TEST_F(TempDirProcessTest, MadeInExitCallbackIsRemoved) {
  ExpectNothingLeftByAny("made_in_exit_callback", 0, 2);
}
// C20.
TEST_F(TempDirProcessTest, MadeInStaticDestructorIsRemoved) {
  ExpectNothingLeftByAny("made_in_static_destructor", 0, 3);
}
// C15, C20.
TEST_F(TempDirProcessTest, MadeBehindHelperThreadsIsRemoved) {
  ExpectNothingLeftByAny("made_behind_helper_threads", 0, 3);
}
// Edge 12: inner and outer, each once, without noise.
TEST_F(TempDirProcessTest, NestedOnesAreRemoved) {
  ExpectNothingLeftByAny("nested", 0, 2);
}
// C20: exit() destroys a static object that Create() initializes before the
// drain, and the object removes its directory.
TEST_F(TempDirProcessTest, StaticOneIsGoneForCallbacksAtExit) {
  ExpectNothingLeft("finalizer", "static_at_exit", 0, 1);
  ExpectNothingLeft("file", "static_at_exit", 0, 1);
}
// C27: without a destructor, the drain removes it after the callbacks.
TEST_F(TempDirProcessTest, OneThatIsNeverDestroyedIsThereForCallbacksAtExit) {
  ExpectNothingLeft("finalizer", "never_destroyed_at_exit", 0, 1);
  ExpectNothingLeft("file", "never_destroyed_at_exit", 0, 1);
}
// C21, edge 8: the child's exit removes the child's alone.
TEST_F(TempDirProcessTest, ForkedChildRemovesItsOwnAlone) {
  ExpectNothingLeftByAny("only_forked_child_exits", 0, 2);
}

// C27: the root of $TMPDIR goes with its last temp dir, so that no end leaves
// it, whether it drains or not.
TEST_F(TempDirProcessTest, QuietEndAfterScopesLeavesNothing) {
  ExpectNothingLeftByAny("quiet_end_after_scopes", 4, 2);
}
TEST_F(TempDirProcessTest, SignalAfterScopesLeavesNothing) {
  ExpectNothingLeftByAny("signal_after_scopes", kBySignal, 2);
}
TEST_F(TempDirProcessTest, TerminateAfterScopesLeavesNothing) {
  for (const char* style : {"destructor", "finalizer", "file"}) {
    const Result result = Run(style, "terminate_after_scopes");
    EXPECT_EQ(result.left, 0u) << style << ": " << result.ended.output;
    EXPECT_EQ(result.ended.exit_code, kBySignal) << style;
  }
}

class TempDirAbandonedTest : public TempDirProcessTest {};

TEST_F(TempDirAbandonedTest, NestedExitLeavesInDestructorStyle) {
  EXPECT_EQ(Run("destructor", "nested_exit").left, 1u);
}
TEST_F(TempDirAbandonedTest, NestedExitRemovesInFinalizerStyle) {
  ExpectNothingLeft("finalizer", "nested_exit", 3, 1);
  ExpectNothingLeft("file", "nested_exit", 3, 1);
}
TEST_F(TempDirAbandonedTest, LeakIsLeftInDestructorStyle) {
  EXPECT_EQ(Run("destructor", "leak").left, 1u);
}
TEST_F(TempDirAbandonedTest, LeakIsRemovedInFinalizerStyle) {
  ExpectNothingLeft("finalizer", "leak", 0, 1);
  ExpectNothingLeft("file", "leak", 0, 1);
}
TEST_F(TempDirAbandonedTest, ExitOfAnotherThreadLeavesInDestructorStyle) {
  EXPECT_EQ(Run("destructor", "exit_of_another_thread").left, 1u);
}
TEST_F(TempDirAbandonedTest, ExitOfAnotherThreadRemovesInFinalizerStyle) {
  ExpectNothingLeft("finalizer", "exit_of_another_thread", 5, 1);
  ExpectNothingLeft("file", "exit_of_another_thread", 5, 1);
}
// What no handler sees is left by both.
TEST_F(TempDirAbandonedTest, QuietEndLeavesInDestructorStyle) {
  EXPECT_EQ(Run("destructor", "quiet_end").left, 1u);
}
TEST_F(TempDirAbandonedTest, QuietEndLeavesInFinalizerStyle) {
  EXPECT_EQ(Run("finalizer", "quiet_end").left, 1u);
}

// C27, edge 13: creation, destruction and leaks race the exit drain: each
// directory is removed once, and no moment leaves one unowned.
TEST_F(TempDirAbandonedTest, ExitUnderWayLeavesNothingInFinalizerStyle) {
  const auto memory = Parent("memory");
  const Ended ended = RunForked([&] {
    MountMemory(memory);
    for (int round = 0; round < 20; ++round) {
      const Result result = RunIn(memory, round % 2 == 0 ? "finalizer" : "file",
                                  "exit_under_way");
      SayUnless(result.left == 0, "something is left");
      SayUnless(result.ended.exit_code == 6, "exit code");
      SayUnless(result.ended.output.empty(), result.ended.output);
    }
  });
  EXPECT_EQ(ended.output, "");
}
// Edge 13: no deadlock in the other one either.
TEST_F(TempDirAbandonedTest, ExitUnderWayEndsInDestructorStyle) {
  const auto memory = Parent("memory");
  const Ended ended = RunForked([&] {
    MountMemory(memory);
    const Result result = RunIn(memory, "destructor", "exit_under_way");
    SayUnless(result.ended.exit_code == 6, "exit code");
    SayUnless(result.ended.output.empty(), result.ended.output);
  });
  EXPECT_EQ(ended.output, "");
}

}  // namespace
