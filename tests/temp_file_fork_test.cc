// A temp file in a forked child. A test of its own: the child leaks by contract
// what it inherits, and here that is one file, which is still reachable.

#include <fcntl.h>
#include <stdlib.h>

#include <utility>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tempdir/temp_file.h"
#include "tests/temp_dir_fixture.h"
#include "tests/temp_dir_styles.h"

namespace {

using namespace temp_dir_fixture;  // NOLINT(build/namespaces)
using tempdir::TempFile;

class TempFileForkTest : public TempDirFixture {};

// C21, edge 8: a child owns nothing of it.
TEST_F(TempFileForkTest, ForkedChildRemovesNothing) {
  TempFile file = Make<TempFile>();
  const Ended ended = RunChild([&file] {
    Say(absl::IsFailedPrecondition(file.Remove()), "removed in the child");
    Say(absl::IsFailedPrecondition(file.Keep().status()), "kept in the child");
    exit(0);
  });
  EXPECT_EQ(ended.output, "");
  const Ended destroyed =
      RunChild([&file] { TempFile mine = std::move(file); });
  EXPECT_EQ(destroyed.output, "");
  EXPECT_TRUE(Exists(file.path()));
  EXPECT_GE(fcntl(file.fd(), F_GETFD), 0);
}

}  // namespace
