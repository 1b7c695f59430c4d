// SPDX-License-Identifier: Apache-2.0

// In AddressSanitizer, LeakSanitizer looks for leaks when a process ends, and
// fails it if it finds one. What a child inherited and never frees is not one.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::HasSubstr;
using testing::Not;

void ExpectNoLeak(const std::string& scenario) {
  const ChildResult result =
      RunChild({HelperPath("fork_leak_child"), scenario});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.err, Not(HasSubstr("LeakSanitizer"))) << result;
}

// C21: the child's exit() runs nothing that it inherited, and frees nothing.
TEST(ForkLeakTest, ChildThatExitsLeaksNothing) { ExpectNoLeak("child-exits"); }

// C21: nor do its destructors.
TEST(ForkLeakTest, ChildThatUnwindsLeaksNothing) {
  ExpectNoLeak("child-returns");
}

// C21: the same one generation later.
TEST(ForkLeakTest, GrandchildLeaksNothing) { ExpectNoLeak("grandchild-exits"); }

}  // namespace
