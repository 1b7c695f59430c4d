// SPDX-License-Identifier: Apache-2.0

// dlclose() of a module whose finalizers other threads run, drain or end. The
// module and the program use one copy of the library.
#include <signal.h>

#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;

// That of the program, which exports it, or a shared library.
enum class Copy { kProgram, kLibrary };

class ModuleRaceTest : public testing::TestWithParam<Copy> {
 protected:
  // Its input stays open: it ends by itself.
  static ChildResult ResultOf(const std::string& scenario) {
    ChildProcess child(
        {HelperPath(GetParam() == Copy::kProgram ? "module_race_program_child"
                                                 : "module_race_library_child"),
         scenario});
    child.AwaitOutput("the end");
    return child.Await();
  }

  static void ExpectOutput(const std::string& scenario, const std::string& out,
                           int code = 0) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Exited(code)) << scenario << result;
    EXPECT_EQ(result.out, out) << result;
    EXPECT_EQ(result.err, "") << result;
  }

  static void ExpectDeath(const std::string& scenario, const std::string& out) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Killed(SIGTERM)) << scenario << result;
    EXPECT_EQ(result.out, out) << result;
    EXPECT_EQ(result.err, "") << result;
  }
};

constexpr char kWaited[] =
    "released\nplugin, blocked: done\nunmapped\nprogram, older\n";

// C24, C1: while other threads run handles, drain and register: each callback
// runs once, before dlclose() is over.
TEST_P(ModuleRaceTest, EachRunsOnce) {
  ExpectOutput("each-runs-once", "done\n");
}

// C24, C9: in the middle of the drain of exit() those of the module run at
// once, and the drain goes on without them.
TEST_P(ModuleRaceTest, RunsInTheMiddleOfAnExitDrain) {
  ExpectOutput("in-exit-drain",
               "plugin, pending: module unload\nunmapped\n"
               "program, goes on\nprogram, older: exit\n",
               3);
}

// C24, C9: so it is where a callback of that drain closes it.
TEST_P(ModuleRaceTest, MayBeClosedByAnExitDrain) {
  ExpectOutput("at-exit",
               "plugin, pending: module unload\nunmapped\n"
               "program, older: exit\n",
               3);
}

// C24, C16: dlclose() waits for a callback that the drain of exit(), of a
// signal, or of another thread is in.
TEST_P(ModuleRaceTest, WaitsForDrains) {
  ExpectOutput("waits-for-exit", kWaited, 3);
  ExpectDeath("waits-for-signal", kWaited);
  ExpectOutput("waits-for-drain", kWaited);
  ExpectOutput("waits-for-helper-thread", kWaited);
}

// C24: and for one that another thread runs by its handle, or at the end of an
// object. What it registers meanwhile runs too, though the thread uses the
// library for the first time.
TEST_P(ModuleRaceTest, WaitsForOtherTriggers) {
  const std::string out =
      "released\nplugin, blocked: done\nplugin, pending: module unload\n"
      "unmapped\nprogram, older\n";
  ExpectOutput("waits-for-handle", out);
  ExpectOutput("waits-for-lifetime", out);
}

// C24, C13: shared objects of the module: what is hooked on them runs when they
// die, or before the module goes and they with it.
TEST_P(ModuleRaceTest, RunsThoseOfSharedObjects) {
  ExpectOutput("close-with-shared",
               "plugin, let go: destroyed\nplugin, on let go: destroy\n"
               "plugin, dropped: destroyed\nplugin, on dropped: destroy\n"
               "plugin, on adopted: module unload\n"
               "plugin, on made: module unload\n"
               "plugin, adopted: destroyed\nplugin, made: destroyed\n"
               "unmapped\n");
}

// C24, C9: at exit() they are in the one order of all.
TEST_P(ModuleRaceTest, DrainsThoseOfSharedObjectsAtExit) {
  ExpectOutput("exit-with-shared",
               "plugin, pending: exit\nplugin, on adopted: exit\n"
               "plugin, on made: exit\n"
               "plugin, adopted: destroyed\nplugin, made: destroyed\n",
               3);
}

// C24, C22: exit hooks that the module asked for outlive it.
TEST_P(ModuleRaceTest, LeavesItsExitHooks) {
  ExpectDeath("signal-after-close",
              "plugin, pending: module unload\nunmapped\n"
              "program, older: signal\n");
}

INSTANTIATE_TEST_SUITE_P(Copies, ModuleRaceTest,
                         testing::Values(Copy::kProgram, Copy::kLibrary),
                         [](const auto& copy) {
                           return copy.param == Copy::kProgram ? "Program"
                                                               : "Library";
                         });

}  // namespace
