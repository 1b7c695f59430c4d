// SPDX-License-Identifier: Apache-2.0

// compare_tempdirs --doctor without descriptors.
#include <linux/close_range.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/compare/diagnosed.h"

namespace {

using finalize_test::Diagnosed;
using finalize_test::FindingNamed;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// One is free, whatever the test has inherited.
void LeaveOneDescriptor() {
  if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) _exit(125);
  const rlimit limit = {4, 4};
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(DoctorTest, IfDescriptorsAreScarceTheLimitIsTheAdvice) {
  const json finding = FindingNamed(Diagnosed(LeaveOneDescriptor), "temp dirs");
  EXPECT_EQ(finding["verdict"], "fails");
  EXPECT_THAT(finding["advice"], HasSubstr("ulimit -n"));
  EXPECT_THAT(finding["advice"], Not(HasSubstr("TMPDIR")));
}

}  // namespace
