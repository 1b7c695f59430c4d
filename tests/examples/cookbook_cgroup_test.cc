// SPDX-License-Identifier: Apache-2.0

// The program of docs/cookbook.md that removes a cgroup.
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/private_mounts.h"

namespace {

namespace fs = std::filesystem;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;

constexpr char kProgram[] = "examples/cookbook/cgroup";

// Where the cgroups of the machine are mounted, for this process alone.
constexpr char kCgroups[] = "/mnt";

std::vector<pid_t> Members(const std::string& cgroup) {
  std::ifstream file(cgroup + "/cgroup.procs");
  return {std::istream_iterator<pid_t>(file), std::istream_iterator<pid_t>()};
}

class CookbookCgroupTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(finalize_test::EnterPrivateMounts(), "");
    ASSERT_EQ(mount("none", kCgroups, "cgroup2", 0, nullptr), 0);
  }
  void TearDown() override { umount2(kCgroups, MNT_DETACH); }

  const std::string cgroup_ =
      kCgroups + ("/cookbook." + std::to_string(getpid()));
};

// Await() returns when every descendant has closed its output, too.
TEST_F(CookbookCgroupTest, EndsWithItsProcess) {
  ChildProcess process({kProgram, cgroup_});
  ASSERT_TRUE(process.AwaitOutput("working\n"));
  EXPECT_THAT(Members(cgroup_), testing::SizeIs(2));  // the shell and its sleep
  process.Signal(SIGTERM);
  const ChildResult run = process.Await();
  EXPECT_TRUE(run.Killed(SIGTERM)) << run;
  EXPECT_EQ(run.out, "working\n");
  EXPECT_EQ(run.err, "");
  EXPECT_FALSE(fs::exists(cgroup_));
}

TEST_F(CookbookCgroupTest, IsNotTakenFromAnotherProcess) {
  ASSERT_TRUE(fs::create_directory(cgroup_));
  EXPECT_TRUE(finalize_test::RunChild({kProgram, cgroup_}).Exited(1));
  EXPECT_TRUE(fs::exists(cgroup_));
  EXPECT_TRUE(fs::remove(cgroup_));
}

}  // namespace
