// SPDX-License-Identifier: Apache-2.0

// The example spool_service: each way in which it ends.
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/spool_service/spool_kit.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::Client;
using finalize_test::HalfUpload;
using finalize_test::SpoolService;
using finalize_test::TarOfSize;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace finalize_test;  // NOLINT(build/namespaces)

class SpoolServiceEndTest : public TempDirFixture {
 protected:
  std::string spool() const { return Parent("spool").native(); }
  std::vector<std::string> Left() const { return Entries(Parent("spool")); }

  // Starts the service again, which must remove what is left before it listens.
  void ExpectReaped() {
    EXPECT_THAT(Left(), Not(IsEmpty()));
    SpoolService next(spool());
    EXPECT_THAT(Left(), IsEmpty());
    next.process().Signal(SIGTERM);
    const ChildResult result = next.process().Await();
    EXPECT_TRUE(result.Exited(0)) << result;
    EXPECT_THAT(result.err, HasSubstr("reaped 1 directories"));
  }
};

TEST_F(SpoolServiceEndTest, SigtermFinishesTheRunningRequest) {
  SpoolService service(spool());
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGTERM);
  EXPECT_THAT(service.manager().Await("STOPPING=1"), Not(IsEmpty()));
  EXPECT_EQ(upload.SendTheRest().status, 200);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(SpoolServiceEndTest, SigtermEndsAConnectionThatWaits) {
  SpoolService service(spool());
  Client client(service.port());
  EXPECT_EQ(client.Ask("GET", "/healthz").status, 200);
  service.process().Signal(SIGTERM);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(client.Await().status, 0);
}

// They were sent before the signal, on more connections than one look finds.
TEST_F(SpoolServiceEndTest, SigtermAnswersEveryRequestThatWasSent) {
  SpoolService service(spool());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<Client>(service.port()));
    EXPECT_EQ(clients.back()->Ask("GET", "/healthz").status, 200);
  }
  service.process().Signal(SIGSTOP);
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(service.process().pid()), &info,
                   WSTOPPED | WNOWAIT),
            0);
  const std::string request = "GET /archives HTTP/1.1\r\nHost: test\r\n\r\n";
  for (const auto& client : clients) client->Send(request);
  service.process().Signal(SIGTERM);
  service.process().Signal(SIGCONT);
  int answered = 0;
  for (const auto& client : clients) answered += client->Await().status == 404;
  EXPECT_EQ(answered, 200);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
}

TEST_F(SpoolServiceEndTest, SecondSigtermEndsAtOnce) {
  SpoolService service(spool(), {"--grace=100"});
  HalfUpload upload(service.port(), spool());
  // The second one counts half a second after the first.
  while (service.process().IsRunning()) {
    service.process().Signal(SIGTERM);
    usleep(10000);
  }
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  ExpectReaped();
}

TEST_F(SpoolServiceEndTest, StartRemovesWhatSigkillLeft) {
  SpoolService service(spool());
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGKILL);
  EXPECT_TRUE(service.process().Await().Killed(SIGKILL));
  ExpectReaped();
}

TEST_F(SpoolServiceEndTest, CrashLeavesNothingWithTheCrashTier) {
  SpoolService service(spool(), {"--crash-tier"});
  HalfUpload upload(service.port(), spool());
  EXPECT_EQ(service.Ask("POST", "/fault/crash").status, 0);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(SpoolServiceEndTest, StartRemovesWhatACrashLeft) {
  SpoolService service(spool());
  HalfUpload upload(service.port(), spool());
  EXPECT_EQ(service.Ask("POST", "/fault/crash").status, 0);
  EXPECT_TRUE(service.process().Await().Killed(SIGSEGV));
  ExpectReaped();
}

// It ends by itself: the watchdog would end it with 124.
TEST_F(SpoolServiceEndTest, StuckRequestIsNamed) {
  SpoolService service(spool(), {"--grace=2"});
  HalfUpload upload(service.port(), spool());
  Client client(service.port());
  client.Begin("POST", "/fault/stuck?seconds=1000", 0);
  service.process().Signal(SIGTERM);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(1)) << result;
  EXPECT_THAT(result.err, HasSubstr("2 still in flight"));
  EXPECT_THAT(result.err, HasSubstr("\"POST /fault/stuck of 127.0.0.1:"));
  EXPECT_THAT(Left(), IsEmpty());
}

// What tools/demonstrate compares with.
TEST_F(SpoolServiceEndTest, PlainServiceLeavesItsUploads) {
  SpoolService service(spool(), {}, "plain_service");
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGTERM);
  EXPECT_TRUE(service.process().Await().Killed(SIGTERM));
  EXPECT_THAT(Left(), Not(IsEmpty()));
}

TEST_F(SpoolServiceEndTest, TellsSystemdWhatItDoes) {
  SpoolService service(spool());
  EXPECT_THAT(service.manager().Await("READY=1"), StartsWith("READY=1"));
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGTERM);
  EXPECT_EQ(service.manager().Await(""), "STOPPING=1");
  // Once a second.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(service.manager().Await(""),
              "EXTEND_TIMEOUT_USEC=5000000\nSTATUS=finishing 1 requests");
  }
  EXPECT_EQ(upload.SendTheRest().status, 200);
  EXPECT_TRUE(service.process().Await().Exited(0));
}

}  // namespace
