// SPDX-License-Identifier: Apache-2.0

// What registered finalizers see of the ways to make a process.
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

void ExpectOutput(const std::string& scenario, const std::string& out,
                  int code = 0) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  const ChildResult result =
      RunChild({HelperPath("fork_forms_child"), scenario}, options);
  EXPECT_TRUE(result.Exited(code)) << scenario << result;
  EXPECT_EQ(result.out, out) << result;
  EXPECT_EQ(result.err, "") << result;
}

// C21: a new program runs nothing, and the old one keeps what it has.
TEST(ForkFormsTest, NewProgramsRunNothing) {
  for (const char* form : {"spawn", "vfork-exec", "fork-exec", "system"}) {
    ExpectOutput(form, "new program\nhandle\nlifetime\nat exit\n");
  }
  ExpectOutput("exec", "new program\n", 3);
}

// C21: a vfork() child, which shares its parent's memory, leaves it alone.
TEST(ForkFormsTest, VforkChildMayLeave) {
  ExpectOutput("vfork-exit", "handle\nlifetime\nat exit\n");
}

// C21: daemon(3) alone hands nothing over.
TEST(ForkFormsTest, DaemonRunsItsOwn) {
  ExpectOutput("daemon", "of the daemon\n");
}

// C21: from inside callbacks of every trigger.
TEST(ForkFormsTest, CallbacksMayFork) {
  ExpectOutput("in-callbacks", "forked\nforked\nforked\nforked\n");
}

// C21: posix_spawn() beside threads that register.
TEST(ForkFormsTest, ManyMayBeSpawned) { ExpectOutput("spawn-loop", "done\n"); }

}  // namespace
