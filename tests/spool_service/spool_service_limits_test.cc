// SPDX-License-Identifier: Apache-2.0

// The example spool_service when the system refuses it something: that is not
// the fault of the archive, nor is the disk full.
#include <sys/resource.h>

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/spool_service/spool_kit.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::Answer;
using finalize_test::Client;
using finalize_test::HalfUpload;
using finalize_test::SpoolService;
using finalize_test::TarOfSize;
using testing::HasSubstr;

class SpoolServiceLimitsTest : public finalize_test::TempDirFixture {
 protected:
  std::string spool() const { return Parent("spool").native(); }
};

// Gives the running service a lower limit.
void Limit(SpoolService* service, __rlimit_resource resource, rlim_t limit) {
  rlimit limits;
  const pid_t process = service->process().pid();
  ASSERT_EQ(prlimit(process, resource, nullptr, &limits), 0);
  limits.rlim_cur = limit;
  ASSERT_EQ(prlimit(process, resource, &limits, nullptr), 0);
}

TEST_F(SpoolServiceLimitsTest, ProcessWithoutDescriptorsHasNoFullDisk) {
  SpoolService service(spool());
  Client client(service.port());
  EXPECT_EQ(client.Ask("POST", "/upload", TarOfSize(1000)).status, 200);
  Limit(&service, RLIMIT_NOFILE, 3);
  const Answer answer = client.Ask("POST", "/upload", TarOfSize(1000));
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("Too many open files"));
}

TEST_F(SpoolServiceLimitsTest, ArchiveThatCannotBeOpenedIsNotBad) {
  SpoolService service(spool());
  HalfUpload upload(service.port(), spool());
  Limit(&service, RLIMIT_NOFILE, 3);
  const Answer answer = upload.SendTheRest();
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("Too many open files"));
}

TEST_F(SpoolServiceLimitsTest, ConnectionsThatWaitTakeNoDescriptorsOfRequests) {
  SpoolService service(spool());
  Limit(&service, RLIMIT_NOFILE, 64);
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(std::make_unique<Client>(service.port()));
  }
  Client client(service.port());
  EXPECT_EQ(client.Ask("POST", "/upload", TarOfSize(1000)).status, 200);
  EXPECT_TRUE(idle.front()->AwaitEnd());
}

TEST_F(SpoolServiceLimitsTest, LimitOfFileSizesDoesNotEndTheService) {
  SpoolService service(spool());
  Limit(&service, RLIMIT_FSIZE, 1000);
  const Answer answer = service.Ask("POST", "/upload", TarOfSize(100000));
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("File too large"));
  EXPECT_EQ(service.Ask("GET", "/healthz").status, 200);
}

}  // namespace
