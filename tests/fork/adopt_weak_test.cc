// SPDX-License-Identifier: Apache-2.0

// A daemonizing child takes over the weak references of its parent.
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// What an inherited callback holds, and is not adopted, is leaked by contract.
void ExpectOutput(const std::string& scenario, const std::string& out) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  const ChildResult result =
      RunChild({HelperPath("adopt_weak_child"), scenario}, options);
  EXPECT_TRUE(result.Exited(7)) << scenario << result;
  EXPECT_EQ(result.out, out) << result;
  EXPECT_EQ(result.err, "") << result;
}

// C21, C31: callbacks run when the referent dies in the child, and go with
// their reference there.
TEST(AdoptWeakTest, RevivesCallbacks) {
  ExpectOutput("callbacks", "newer\nolder\nend\n");
}

// C21, C9: in one order with the finalizers.
TEST(AdoptWeakTest, KeepsTheOrder) {
  ExpectOutput("order", "weak, own\nweak, newer\nfinalizer\nweak, older\n");
}

// C21, C33: containers are a child's own without it, and do not preclude it.
TEST(AdoptWeakTest, IsPossibleAfterUseOfContainers) {
  ExpectOutput("after-use-of-containers", "callback\n");
}

// C21: all or nothing: not after the child has let go of a reference.
TEST(AdoptWeakTest, IsRefusedAfterAReferenceIsDropped) {
  ExpectOutput("after-a-dropped-reference", "FAILED_PRECONDITION\n");
}

// C21: nor of a referent.
TEST(AdoptWeakTest, IsRefusedAfterADeath) {
  ExpectOutput("after-a-death", "FAILED_PRECONDITION\n");
}

// C21: nor where it has begun with its own.
TEST(AdoptWeakTest, IsRefusedAfterAReferenceOfTheChild) {
  ExpectOutput("after-a-reference", "FAILED_PRECONDITION\nown\n");
}

}  // namespace
