// SPDX-License-Identifier: Apache-2.0

// The example spool_service: reloads (SIGHUP), and ends in the middle of one.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/spool_service/spool_kit.h"
#include "tests/support/child_process.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HalfUpload;
using finalize_test::HeldProcess;
using finalize_test::SpoolService;
using finalize_test::TarOfSize;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace finalize_test;  // NOLINT(build/namespaces)

class SpoolServiceReloadTest : public TempDirFixture {
 protected:
  SpoolServiceReloadTest() {
    std::filesystem::copy_file("examples/spool_service/spool_service",
                               program());
    if (mkfifo(Path("go").c_str(), 0600) != 0) abort();
  }

  std::string Path(const char* name) const { return In(name).native(); }
  std::string spool() const { return Parent("spool").native(); }
  std::vector<std::string> Left() const { return Entries(Parent("spool")); }
  // A copy of the program, which a test may replace.
  std::string program() const { return Path("program"); }

  // Puts a script in the place of the program. First it creates `begun`.
  void ReplaceProgram(const std::string& commands) const {
    std::ofstream(Path("script")) << "#!/bin/sh\n: >'" << Path("begun") << "'\n"
                                  << commands << "\n";
    ASSERT_EQ(chmod(Path("script").c_str(), 0755), 0);
    ASSERT_EQ(rename(program().c_str(), Path("real").c_str()), 0);
    ASSERT_EQ(rename(Path("script").c_str(), program().c_str()), 0);
  }
  // One that starts the program when LetProgramGoOn() is called.
  void HoldProgram() const {
    ReplaceProgram("read line <'" + Path("go") + "'; exec '" + Path("real") +
                   "' \"$@\"");
  }
  void AwaitBegun() const {
    while (!Exists(Path("begun"))) usleep(1000);
  }
  void LetProgramGoOn() const { std::ofstream(Path("go")) << "go\n"; }

  static void ExpectQuietEnd(SpoolService* service) {
    const ChildResult result = service->process().Await();
    EXPECT_TRUE(result.Exited(0)) << result;
    EXPECT_EQ(result.err, "");
  }
  void ExpectNothingLeft() const {
    EXPECT_THAT(ProcessesWith("--spool=" + spool()), IsEmpty());
    EXPECT_THAT(Left(), IsEmpty());
  }
};

TEST_F(SpoolServiceReloadTest, ReloadLosesNothing) {
  SpoolService service(spool());
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGHUP);
  const std::string message = service.manager().Await("MAINPID=");
  ASSERT_THAT(message, StartsWith("MAINPID="));
  HeldProcess successor(std::stoi(message.substr(8)));

  EXPECT_EQ(service.Ask("POST", "/upload", TarOfSize(1)).status, 200);
  EXPECT_EQ(upload.SendTheRest().status, 200);
  AwaitEndOf(service.process().pid());
  EXPECT_EQ(service.Ask("POST", "/upload", TarOfSize(1)).status, 200);
  successor.Send(SIGTERM);
  successor.AwaitEnd();
  ExpectQuietEnd(&service);
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(SpoolServiceReloadTest, FailedReloadChangesNothing) {
  const std::string inner = Parent("inner").native();
  SpoolService service(inner);
  // The next one cannot start without it.
  ASSERT_EQ(rmdir(inner.c_str()), 0);
  service.process().Signal(SIGHUP);
  EXPECT_THAT(service.manager().Await("the reload has failed"), Not(IsEmpty()));
  EXPECT_EQ(service.Ask("GET", "/healthz").status, 200);
  service.process().Signal(SIGTERM);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.err, HasSubstr("no reload: "));
}

// Both signals are there before the service sees either.
TEST_F(SpoolServiceReloadTest, SigtermBesideSighupLeavesNoProcess) {
  for (int i = 0; i < 20; ++i) {
    SpoolService service(spool());
    StopForSignals(&service.process());
    service.process().Signal(SIGHUP);
    service.process().Signal(SIGTERM);
    service.process().Signal(SIGCONT);
    AwaitEndOf(service.process().pid());
    ExpectNothingLeft();
    ExpectQuietEnd(&service);
  }
}

TEST_F(SpoolServiceReloadTest, SigtermAtTheBeginningLeavesNoProcess) {
  for (int i = 0; i < 20; ++i) {
    SpoolService service(spool());
    service.process().Signal(SIGHUP);
    EXPECT_THAT(service.manager().Await("RELOADING=1"), Not(IsEmpty()));
    service.process().Signal(SIGTERM);
    AwaitEndOf(service.process().pid());
    ExpectNothingLeft();
    ExpectQuietEnd(&service);
  }
}

TEST_F(SpoolServiceReloadTest, SighupAfterSigtermStartsNothing) {
  SpoolService service(spool(), {}, program());
  HalfUpload upload(service.port(), spool());
  ReplaceProgram("echo was started >&2");
  service.process().Signal(SIGTERM);
  EXPECT_THAT(service.manager().Await("STOPPING=1"), Not(IsEmpty()));
  service.process().Signal(SIGHUP);
  // A message each second: by then it has seen the signal.
  for (int i = 0; i < 2; ++i) service.manager().Await("EXTEND_TIMEOUT_USEC=");
  EXPECT_EQ(upload.SendTheRest().status, 200);
  ExpectQuietEnd(&service);
}

TEST_F(SpoolServiceReloadTest, SigtermEndsAProgramThatHangs) {
  SpoolService service(spool(), {"--grace=100"}, program());
  ReplaceProgram("exec sleep 1000");
  service.process().Signal(SIGHUP);
  AwaitBegun();
  service.process().Signal(SIGTERM);
  AwaitEndOf(service.process().pid());
  ExpectNothingLeft();
  ExpectQuietEnd(&service);
}

// The old process is stopped: what answers is the new one.
TEST_F(SpoolServiceReloadTest, SigtermBeforeTheHandOverEndsTheSuccessor) {
  SpoolService service(spool(), {}, program());
  HoldProgram();
  service.process().Signal(SIGHUP);
  AwaitBegun();
  StopForSignals(&service.process());
  LetProgramGoOn();
  EXPECT_EQ(service.Ask("GET", "/healthz").status, 200);
  service.process().Signal(SIGTERM);
  service.process().Signal(SIGCONT);
  AwaitEndOf(service.process().pid());
  ExpectNothingLeft();
  ExpectQuietEnd(&service);
}

TEST_F(SpoolServiceReloadTest, SigtermAfterTheHandOverEndsTheSuccessor) {
  SpoolService service(spool());
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGHUP);
  EXPECT_THAT(service.manager().Await("MAINPID="), Not(IsEmpty()));
  service.process().Signal(SIGTERM);
  EXPECT_EQ(upload.SendTheRest().status, 200);
  ExpectQuietEnd(&service);
  ExpectNothingLeft();
}

TEST_F(SpoolServiceReloadTest, SuccessorEndsWithAKilledPredecessor) {
  SpoolService service(spool(), {}, program());
  HoldProgram();
  service.process().Signal(SIGHUP);
  AwaitBegun();
  StopForSignals(&service.process());
  LetProgramGoOn();
  EXPECT_EQ(service.Ask("GET", "/healthz").status, 200);
  service.process().Signal(SIGKILL);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Killed(SIGKILL)) << result;
  EXPECT_THAT(result.err, HasSubstr("the process that reloads has died"));
  ExpectNothingLeft();
}

TEST_F(SpoolServiceReloadTest, ProgramThatHangsIsKilledAfterTheGrace) {
  SpoolService service(spool(), {"--grace=1"}, program());
  // The shell has a child, which inherits the socket as well.
  ReplaceProgram("sleep 1000; true");
  service.process().Signal(SIGHUP);
  EXPECT_TRUE(service.process().AwaitError("did not start to serve within 1s"));
  EXPECT_THAT(service.manager().Await("the reload has failed"), Not(IsEmpty()));
  EXPECT_EQ(service.Ask("GET", "/healthz").status, 200);

  // And the next one succeeds.
  ASSERT_EQ(rename(Path("real").c_str(), program().c_str()), 0);
  service.process().Signal(SIGHUP);
  ASSERT_THAT(service.manager().Await("MAINPID="), StartsWith("MAINPID="));
  AwaitEndOf(service.process().pid());
  // The new one is in its group.
  service.process().SignalGroup(SIGTERM);
  // Its output ends: nothing of the program that hung is left.
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  ExpectNothingLeft();
}

TEST_F(SpoolServiceReloadTest, SuccessorIsInTheGroupOfItsPredecessor) {
  SpoolService service(spool());
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGHUP);
  const std::string message = service.manager().Await("MAINPID=");
  ASSERT_THAT(message, StartsWith("MAINPID="));
  EXPECT_EQ(getpgid(std::stoi(message.substr(8))), service.process().pid());
  service.process().SignalGroup(SIGTERM);
  EXPECT_EQ(upload.SendTheRest().status, 200);
  EXPECT_TRUE(service.process().Await().Exited(0));
  ExpectNothingLeft();
}

// The first descriptor that it opens would be the listening socket.
TEST_F(SpoolServiceReloadTest, ClosedStandardInputIsNoObstacle) {
  std::ofstream(Path("closed"))
      << "#!/bin/sh\nexec '" << program() << "' \"$@\" <&-\n";
  ASSERT_EQ(chmod(Path("closed").c_str(), 0755), 0);
  SpoolService service(spool(), {}, Path("closed"));
  HalfUpload upload(service.port(), spool());
  service.process().Signal(SIGHUP);
  EXPECT_THAT(service.manager().Await("MAINPID="), Not(IsEmpty()));
  service.process().Signal(SIGTERM);
  EXPECT_EQ(upload.SendTheRest().status, 200);
  ExpectQuietEnd(&service);
}

}  // namespace
