// SPDX-License-Identifier: Apache-2.0

// The example spool_service on a file system that is full.
#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/spool_service/spool_kit.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::Answer;
using finalize_test::ChildResult;
using finalize_test::SpoolService;
using finalize_test::TarOfSize;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace finalize_test;  // NOLINT(build/namespaces)

class SpoolServiceFullTest : public TempDirFixture {};

TEST_F(SpoolServiceFullTest, FullDiskIsAnsweredAndLeavesNothing) {
  const std::string spool = Parent("spool").native();
  MountMemory(spool, "size=1m,mode=0777");
  SpoolService service(spool);
  // The body fits, and what is unpacked from it does not; then not the body.
  for (size_t size : {800000, 4000000}) {
    const Answer answer = service.Ask("POST", "/upload", TarOfSize(size));
    EXPECT_EQ(answer.status, 507) << size;
    EXPECT_THAT(answer.body, HasSubstr("error"));
  }
  AwaitContent(spool, false);
  EXPECT_EQ(service.Ask("POST", "/upload", TarOfSize(1000)).status, 200);
  service.process().Signal(SIGTERM);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(Entries(spool), IsEmpty());
}

}  // namespace
