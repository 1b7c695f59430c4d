// SPDX-License-Identifier: Apache-2.0

// Shared libraries that register finalizers and are closed.
#include <signal.h>
#include <sys/stat.h>

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::HasSubstr;

// The plugin has a copy of the library of its own, or uses the program's.
enum class Copy { kOwn, kShared };

// What static pointers of a module hold, and what its copy of the library keeps
// to the end, is no leak: but LeakSanitizer does not see the pointers any more.
constexpr std::pair<const char*, const char*> kKeepsSome = {"LSAN_OPTIONS",
                                                            "detect_leaks=0"};
bool KeepsSome(const std::string& scenario) {
  return scenario == "objects" || scenario == "retryable" ||
         scenario == "temp-dir" || scenario == "weak";
}

class ModuleTest : public testing::TestWithParam<Copy> {
 protected:
  static ChildResult ResultOf(const std::string& scenario,
                              const std::string& reap = "0") {
    ChildOptions options;
    options.environment = {{"TMPDIR", testing::TempDir()},
                           {"FINALIZE_REAP", reap}};
    if (KeepsSome(scenario)) options.environment.push_back(kKeepsSome);
    const char* const child =
        GetParam() == Copy::kOwn ? "module_own_child" : "module_shared_child";
    return RunChild({HelperPath(child), scenario}, options);
  }

  static void ExpectOutput(const std::string& scenario,
                           const std::string& out) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Exited(0)) << scenario << result;
    EXPECT_EQ(result.out, out) << result;
    EXPECT_EQ(result.err, "") << result;
  }
};

constexpr char kSome[] =
    "plugin, high: module unload\nplugin, newer: module unload\n"
    "plugin, not at exit: module unload\nplugin, older: module unload\n";

// C24: all that the module registered, in order, and nothing of the program's.
TEST_P(ModuleTest, RunsBeforeItIsUnmapped) {
  ExpectOutput("close", std::string(kSome) +
                            "unmapped\n"
                            "program, after: exit\nprogram, before: exit\n");
}

// C24: in every registry, and on every lifetime.
TEST_P(ModuleTest, RunsThoseOnObjectsAndRegistries) {
  ExpectOutput("objects",
               "plugin, lifetime: module unload\n"
               "plugin, registry: module unload\nunmapped\n");
}

// C24, C10: and what its callbacks register meanwhile.
TEST_P(ModuleTest, RunsWhatCallbacksRegister) {
  ExpectOutput("registers",
               "plugin, registers\nplugin, registered: module unload\n"
               "unmapped\n");
}

// C24, C8: one to be tried again is tried once: its code goes.
TEST_P(ModuleTest, TriesOnce) {
  const ChildResult result = ResultOf("retryable");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "plugin, fails\nunmapped\n");
  EXPECT_THAT(result.err, HasSubstr("\"retryable\""));
  EXPECT_THAT(result.err, HasSubstr("on module unload: UNAVAILABLE: not yet"));
}

// C22, C24: a module that holds the code of the exit hooks stays, and they work
// after dlclose().
TEST_P(ModuleTest, ExitHooksStay) {
  const ChildResult result = ResultOf("hooks");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out,
            "plugin, high: signal\nplugin, newer: signal\n"
            "plugin, older: signal\n");
}

// C24, C25: those that wait for the end of a thread, too.
TEST_P(ModuleTest, RunsThoseOfThreads) {
  ExpectOutput("threads",
               "plugin, thread: thread exit\n"
               "plugin, main thread: module unload\nunmapped\n");
}

// C24: the module's static objects are alive meanwhile.
TEST_P(ModuleTest, RunsBeforeStaticObjectsEnd) {
  ExpectOutput("statics",
               "plugin, with a static object: module unload\n"
               "plugin, static object: destroyed\nunmapped\n");
}

// C24, C19: a module that registered nothing has nothing to do.
TEST_P(ModuleTest, MayRegisterNothing) {
  ExpectOutput("unused", "unmapped\nprogram, after: exit\n");
}

// C24: exit() is no dlclose(): what is in registries of its own is not run.
TEST_P(ModuleTest, ExitLeavesOtherRegistries) {
  ExpectOutput("exit-with-registry", "");
  ExpectOutput("exit-with-objects", "plugin, lifetime: exit\n");
}

// C24, C9: exit() with the module there does not break the one order.
TEST_P(ModuleTest, StaysForExit) {
  const ChildResult result = ResultOf("exit");
  EXPECT_TRUE(result.Exited(0)) << result;
  if (GetParam() == Copy::kOwn) {  // two registries, each in its order
    EXPECT_EQ(result.out,
              "plugin, high: exit\nplugin, newer: exit\nplugin, older: exit\n"
              "program, after: exit\nprogram, before: exit\n");
  } else {
    EXPECT_EQ(result.out,
              "plugin, high: exit\nprogram, after: exit\n"
              "plugin, newer: exit\nplugin, older: exit\n"
              "program, before: exit\n");
  }
  EXPECT_THAT(result.err, HasSubstr("skipped on exit"));
}

// C24: it may come and go.
TEST_P(ModuleTest, MayBeOpenedAgain) {
  const std::string once =
      "plugin, registers\nplugin, registered: module unload\nunmapped\n";
  ExpectOutput("again", once + once + once);
}

// C24, C21: threads, forks and exit() work on when it is gone.
TEST_P(ModuleTest, LeavesNoHookBehind) {
  ExpectOutput("life-after", std::string(kSome) +
                                 "unmapped\nprogram, thread: thread exit\n"
                                 "program, of the child: exit\n"
                                 "program, of the program: exit\n");
}

// C24: so does a thread that had used it.
TEST_P(ModuleTest, MayEndBeforeItsThreads) {
  ExpectOutput("thread-outlives",
               "plugin, registers\nplugin, registered: module unload\n"
               "unmapped\nprogram, thread: thread exit\n");
  ExpectOutput("thread-outlives-registry", "unmapped\nthe end\n");
}

// C24, C21: a child runs nothing that it inherited.
TEST_P(ModuleTest, RunsNothingInAChild) {
  ExpectOutput("child",
               "unmapped\nparent\n" + std::string(kSome) + "unmapped\n");
}

// C24: the temp dir of a module goes with the copy that removes it.
TEST_P(ModuleTest, LeavesNoTempDir) {
  const ChildResult result = ResultOf("temp-dir");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.err, "") << result;
  const std::string before = "plugin, temp dir: ";
  const size_t end = result.out.find('\n');
  ASSERT_EQ(result.out.compare(0, before.size(), before), 0) << result;
  const std::string path =
      result.out.substr(before.size(), end - before.size());
  EXPECT_EQ(result.out.substr(end + 1),
            GetParam() == Copy::kOwn
                ? "plugin's is gone\nunmapped\nprogram's is there\n"
                : "plugin's is there\nunmapped\nprogram's is there\n");
  struct stat seen;
  EXPECT_NE(stat(path.c_str(), &seen), 0);
  EXPECT_NE(stat(path.substr(0, path.rfind('/')).c_str(), &seen), 0);
}

// A thread of the library's own keeps its code where it is, to the exit drain.
TEST_P(ModuleTest, StaysMappedIfItsCopyReapsByItself) {
  const ChildResult result = ResultOf("temp-dir", "1");
  EXPECT_TRUE(result.Exited(0)) << result;
  const size_t end = result.out.find('\n');
  EXPECT_EQ(result.out.substr(end + 1),
            GetParam() == Copy::kOwn
                ? "still mapped\nprogram's is there\nplugin's is there\n"
                : "plugin's is there\nunmapped\nprogram's is there\n");
  const size_t start = result.out.find('/');
  struct stat seen;
  EXPECT_NE(stat(result.out.substr(start, end - start).c_str(), &seen), 0);
}

// C24, C31: callbacks of weak references go unrun: nothing has died.
TEST_P(ModuleTest, DropsWeakCallbacks) {
  ExpectOutput("weak",
               "plugin, pending\nplugin, weak reference: dropped\nunmapped\n");
}

INSTANTIATE_TEST_SUITE_P(Copies, ModuleTest,
                         testing::Values(Copy::kOwn, Copy::kShared),
                         [](const auto& copy) {
                           return copy.param == Copy::kOwn ? "Own" : "Shared";
                         });

// C24, C31, C33: the death of a program's object does not reach a module that
// is gone.
TEST(ModuleWeakTest, ForgetsObjectsOfTheProgram) {
  ChildOptions options;
  options.environment = {kKeepsSome};
  const ChildResult result =
      RunChild({HelperPath("module_shared_child"), "weak-to-program"}, options);
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "plugin, weak reference: dropped\nplugin, note: dropped\n"
            "unmapped\nprogram, runs\nobject is gone\n");
  EXPECT_EQ(result.err, "") << result;
}

// C24, C16: dlclose() waits for what another thread runs.
TEST(ModuleWaitTest, AwaitsRunningCallbacks) {
  const ChildResult result =
      RunChild({HelperPath("module_shared_child"), "waits"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "released\nplugin, blocked: done\nunmapped\n");
}

}  // namespace
