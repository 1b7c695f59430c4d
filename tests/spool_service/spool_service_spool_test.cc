// SPDX-License-Identifier: Apache-2.0

// The example spool_service with a spool that it cannot use: it does not start.
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/spool_service/spool_kit.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::RunChild;
using finalize_test::SpoolService;
using finalize_test::TarOfSize;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace finalize_test;  // NOLINT(build/namespaces)

class SpoolServiceSpoolTest : public TempDirFixture {
 protected:
  std::string spool() const { return Parent("spool").native(); }
};

// `before` is a command that runs the service.
void ExpectRefused(const std::string& spool, const char* why,
                   std::vector<std::string> before = {}) {
  before.insert(before.end(), {"examples/spool_service/spool_service",
                               "--listen=127.0.0.1:0", "--spool=" + spool});
  const ChildResult result = RunChild(before);
  EXPECT_TRUE(result.Exited(1)) << result;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(HasSubstr("spool_service: --spool=" + spool),
                                HasSubstr(why)));
}

// Root obeys the permissions of its own directories without these.
std::vector<std::string> WithoutPrivileges() {
  return {"/usr/bin/env", "setpriv",
          "--bounding-set=-dac_override,-dac_read_search"};
}

TEST_F(SpoolServiceSpoolTest, WhatIsNoDirectoryIsRefused) {
  ExpectRefused("/dev/null", ": is not a directory");
}

TEST_F(SpoolServiceSpoolTest, ProcIsRefused) {
  ExpectRefused("/proc", " cannot be used: ");
}

TEST_F(SpoolServiceSpoolTest, ReadOnlyFileSystemIsRefused) {
  MountMemory(spool(), "ro");
  ExpectRefused(spool(), "Read-only file system");
}

TEST_F(SpoolServiceSpoolTest, DirectoryThatCannotBeWrittenIsRefused) {
  ASSERT_EQ(chmod(spool().c_str(), 0555), 0);
  ExpectRefused(spool(), "Permission denied", WithoutPrivileges());
}

// What killed processes left there would stay.
TEST_F(SpoolServiceSpoolTest, DirectoryThatCannotBeReadIsRefused) {
  ASSERT_EQ(chmod(spool().c_str(), 0333), 0);
  ExpectRefused(spool(), "Permission denied", WithoutPrivileges());
}

// That may change; then it serves.
TEST_F(SpoolServiceSpoolTest, FullDiskIsNotRefused) {
  MountMemory(spool(), "nr_inodes=2,mode=0777");
  MakeFile(Parent("spool") / "file");
  SpoolService service(spool());
  EXPECT_EQ(service.Ask("POST", "/upload", TarOfSize(1)).status, 507);
  ASSERT_EQ(unlink((spool() + "/file").c_str()), 0);
  ASSERT_EQ(
      mount("", spool().c_str(), "", MS_REMOUNT, "nr_inodes=100,mode=0777"), 0);
  EXPECT_EQ(service.Ask("POST", "/upload", TarOfSize(1)).status, 200);
  service.process().Signal(SIGTERM);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.err, HasSubstr("no upload fits at present: "));
  EXPECT_THAT(Entries(spool()), IsEmpty());
}

}  // namespace
