// SPDX-License-Identifier: Apache-2.0

// A temp file in a forked child. A test of its own: the child leaks by contract
// what it inherits, and here that is one file, which is still reachable.

#include <fcntl.h>
#include <stdlib.h>

#include <utility>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/temp_file.h"
#include "tests/support/temp_dir_fixture.h"
#include "tests/support/temp_dir_styles.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using tempdir::TempFile;

class TempFileForkTest : public TempDirFixture {};

// C21, edge 8: a child owns nothing of it.
TEST_F(TempFileForkTest, ForkedChildRemovesNothing) {
  TempFile file = Make<TempFile>();
  const Ended ended = RunForked([&file] {
    SayUnless(absl::IsFailedPrecondition(file.Remove()),
              "removed in the child");
    SayUnless(absl::IsFailedPrecondition(file.Keep().status()),
              "kept in the child");
    exit(0);
  });
  EXPECT_EQ(ended.output, "");
  const Ended destroyed =
      RunForked([&file] { TempFile mine = std::move(file); });
  EXPECT_EQ(destroyed.output, "");
  EXPECT_TRUE(Exists(file.path()));
  EXPECT_GE(fcntl(file.fd(), F_GETFD), 0);
}

}  // namespace
