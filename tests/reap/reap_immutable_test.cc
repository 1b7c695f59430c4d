// SPDX-License-Identifier: Apache-2.0

// A file in a dead root that not even the superuser can remove (C29, C30): the
// rest is removed, the report names the file, and the next reaper finishes.

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tests/support/dead_roots.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using namespace finalize_test;  // NOLINT(build/namespaces)
using boost::filesystem::path;
using tempdir::ReapOutcome;

using ReapImmutableTest = TempDirFixture;

// The one entry of the report on `parent`.
tempdir::ReapedRoot ReapOnly(const path& parent) {
  const absl::StatusOr<tempdir::ReapReport> report = tempdir::Reap(parent);
  EXPECT_TRUE(report.ok()) << report.status();
  if (!report.ok() || report->roots.size() != 1) {
    ADD_FAILURE() << "not one entry";
    return {};
  }
  return report->roots[0];
}

TEST_F(ReapImmutableTest, FileIsReported) {
  const path parent = Parent();
  const path root = MakeDeadRoot(parent);
  MakeFile(root / "stubborn");
  const int fd = open((root / "stubborn").c_str(), O_RDONLY | O_CLOEXEC);
  int flags = FS_IMMUTABLE_FL;
  ASSERT_EQ(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
  const tempdir::ReapedRoot failed = ReapOnly(parent);
  EXPECT_EQ(failed.outcome, ReapOutcome::kFailed);
  EXPECT_NE(std::string(failed.status.message()).find("stubborn"),
            std::string::npos)
      << failed.status;
  EXPECT_EQ(Entries(failed.present_path).size(), 1u);
  flags = 0;
  ASSERT_EQ(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
  close(fd);
  EXPECT_EQ(ReapOnly(parent).outcome, ReapOutcome::kRemoved);
}

}  // namespace
