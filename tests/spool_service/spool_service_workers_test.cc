// SPDX-License-Identifier: Apache-2.0

// The example spool_service with workers (--workers=N).
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/spool_service/spool_kit.h"
#include "tests/support/child_process.h"
#include "tests/support/send_signal.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::Client;
using finalize_test::HalfUpload;
using finalize_test::HeldProcess;
using finalize_test::NotifySocket;
using finalize_test::SpoolService;
using finalize_test::TarOfSize;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace finalize_test;  // NOLINT(build/namespaces)

class SpoolServiceWorkersTest : public TempDirFixture {
 protected:
  std::string spool() const { return Parent("spool").native(); }
  std::vector<std::string> Left() const { return Entries(Parent("spool")); }
};

TEST_F(SpoolServiceWorkersTest, KilledWorkerIsReplacedAndReaped) {
  SpoolService service(spool(), {"--workers=2"});
  HalfUpload upload(service.port(), spool());
  const std::vector<pid_t> workers = ChildrenOf(service.process().pid());
  ASSERT_EQ(workers.size(), 2u);
  for (pid_t worker : workers) HeldProcess(worker).Send(SIGKILL);
  EXPECT_EQ(upload.SendTheRest().status, 0);
  for (pid_t worker : workers) {
    EXPECT_TRUE(service.process().AwaitError("worker " +
                                             std::to_string(worker) + " has"));
  }
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

// Both signals are there before the master sees either.
TEST_F(SpoolServiceWorkersTest, SigtermBesideSighupLeavesNoProcess) {
  for (int i = 0; i < 10; ++i) {
    SpoolService service(spool(), {"--workers=3"});
    StopForSignals(&service.process());
    service.process().Signal(SIGHUP);
    service.process().Signal(SIGTERM);
    service.process().Signal(SIGCONT);
    AwaitEndOf(service.process().pid());
    EXPECT_THAT(ProcessesWith("--spool=" + spool()), IsEmpty());
    EXPECT_THAT(Left(), IsEmpty());
    const ChildResult result = service.process().Await();
    EXPECT_TRUE(result.Exited(0)) << result;
    EXPECT_EQ(result.err, "");
  }
}

bool HasPending(pid_t process, int signal) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  std::string word;
  while (file >> word && word != "ShdPnd:") {
  }
  file >> word;
  return (std::stoull(word, nullptr, 16) >> (signal - 1) & 1) != 0;
}

// Returns the next child of `process`, traced and stopped at its beginning.
pid_t HoldNextChild(pid_t process, const std::function<void()>& cause) {
  EXPECT_EQ(ptrace(PTRACE_SEIZE, process, nullptr, PTRACE_O_TRACEFORK), 0);
  cause();
  int status = 0;
  EXPECT_EQ(waitpid(process, &status, __WALL), process);
  EXPECT_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_FORK << 8);
  unsigned long child = 0;
  EXPECT_EQ(ptrace(PTRACE_GETEVENTMSG, process, nullptr, &child), 0);
  EXPECT_EQ(ptrace(PTRACE_DETACH, process, nullptr, nullptr), 0);
  EXPECT_EQ(waitpid(static_cast<pid_t>(child), &status, __WALL),
            static_cast<pid_t>(child));
  return static_cast<pid_t>(child);
}

TEST_F(SpoolServiceWorkersTest, SigtermReachesAWorkerThatIsNotReady) {
  SpoolService service(spool(), {"--workers=1"});
  const pid_t master = service.process().pid();
  const pid_t worker = HoldNextChild(
      master, [&] { HeldProcess(ChildrenOf(master).at(0)).Send(SIGKILL); });
  service.process().Signal(SIGTERM);
  while (!HasPending(worker, SIGTERM) && service.process().IsRunning()) {
    usleep(1000);
  }
  EXPECT_EQ(ptrace(PTRACE_DETACH, worker, nullptr, nullptr), 0);
  const ChildResult result = service.process().Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// Whoever has read its output is gone, as with `spool_service ... | head -1`.
TEST_F(SpoolServiceWorkersTest, OutputThatNobodyReadsEndsNothing) {
  const std::string fifo = In("fifo").native();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::ofstream(In("unread").native())
      << "#!/bin/sh\nexec examples/spool_service/spool_service \"$@\" >'"
      << fifo << "' 2>&1\n";
  ASSERT_EQ(chmod(In("unread").c_str(), 0755), 0);
  NotifySocket manager;
  ChildOptions options;
  options.environment = {manager.variable()};
  ChildProcess service({In("unread").native(), "--listen=127.0.0.1:0",
                        "--spool=" + spool(), "--workers=2", "--faults"},
                       options);
  std::string line;
  {
    std::ifstream reader(fifo);
    ASSERT_TRUE(std::getline(reader, line));
  }
  const int port = std::stoi(line.substr(line.rfind(':') + 1));

  // It says that the worker has died.
  EXPECT_EQ(Client(port).Ask("POST", "/fault/crash").status, 0);
  EXPECT_EQ(Client(port).Ask("POST", "/upload", TarOfSize(1)).status, 200);
  service.Signal(SIGHUP);
  ASSERT_THAT(manager.Await("MAINPID="), StartsWith("MAINPID="));
  AwaitEndOf(service.pid());
  // The new one is in its group.
  service.SignalGroup(SIGTERM);
  const ChildResult result = service.Await();
  EXPECT_TRUE(result.Exited(0)) << result;
}

}  // namespace
