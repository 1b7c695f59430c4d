// SPDX-License-Identifier: Apache-2.0

// The example spool_service with workers (--workers=N).
#include <signal.h>

#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/examples/spool_kit.h"
#include "tests/support/child_process.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HalfUpload;
using finalize_test::HeldProcess;
using finalize_test::SpoolService;
using finalize_test::TarOfSize;
using testing::IsEmpty;
using testing::Not;
using namespace finalize_test;  // NOLINT(build/namespaces)

class SpoolServiceWorkersTest : public TempDirFixture {
 protected:
  std::string spool() const { return Parent("spool").native(); }
  std::vector<std::string> Left() const { return Entries(Parent("spool")); }
};

std::vector<pid_t> ChildrenOf(pid_t process) {
  const std::string number = std::to_string(process);
  std::ifstream file("/proc/" + number + "/task/" + number + "/children");
  std::vector<pid_t> children;
  for (pid_t child; file >> child;) children.push_back(child);
  return children;
}

TEST_F(SpoolServiceWorkersTest, KilledWorkerIsReplacedAndReaped) {
  SpoolService service(spool(), {"--workers=2"});
  HalfUpload upload(service.port(), spool());
  const std::vector<pid_t> workers = ChildrenOf(service.process().pid());
  ASSERT_EQ(workers.size(), 2u);
  for (pid_t worker : workers) HeldProcess(worker).Send(SIGKILL);
  EXPECT_EQ(upload.SendTheRest().status, 0);
  EXPECT_TRUE(service.process().AwaitError("reaped 1 directories"));
  EXPECT_EQ(service.Ask("POST", "/upload", TarOfSize(1)).status, 200);
  service.process().Signal(SIGTERM);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(SpoolServiceWorkersTest, WorkersFinishTheirRequests) {
  SpoolService service(spool(), {"--workers=2"});
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGTERM);
  EXPECT_THAT(service.manager().Await("STOPPING=1"), Not(IsEmpty()));
  EXPECT_EQ(upload.SendTheRest().status, 200);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(SpoolServiceWorkersTest, WorkersEndWithTheirMaster) {
  SpoolService service(spool(), {"--workers=2"});
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGKILL);
  EXPECT_EQ(upload.SendTheRest().status, 200);
  EXPECT_TRUE(service.process().Await().Killed(SIGKILL));
  EXPECT_THAT(Left(), IsEmpty());
}

}  // namespace
