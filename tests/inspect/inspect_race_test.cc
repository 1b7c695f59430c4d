// SPDX-License-Identifier: Apache-2.0

// Looking at registries while other threads change them (contract C21, C26).
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/failure_reporter.h"
#include "finalize/inspect.h"
#include "finalize/observer.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"

namespace {

using finalize::Counters;
using finalize::DrainOptions;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize_test::Forked;
using finalize_test::Latch;

// Threads that register, run, detach, fail, drain and move until they are told
// to stop.
class BusyThreads {
 public:
  BusyThreads() : started_(3) {
    finalize::SetFailureReporter([](const ReportEntry&) {});
    for (int i = 0; i < 3; ++i) threads_.emplace_back([this] { Work(); });
    started_.Wait();
  }
  ~BusyThreads() {
    stop_.store(true);
    for (std::thread& thread : threads_) thread.join();
    finalize::SetFailureReporter({});
  }

 private:
  void Work() {
    Registry own;
    for (bool first = true; !stop_.load(); first = false) {
      own.Register(Options("run"), [] {}).Run();
      finalize::AtExit(Options("detached"), [] {}).Detach();
      own.Register(Options("drained").set_phase(1), [] {});
      own.RegisterRetryable({}, [] { return absl::AbortedError("again"); });
      DrainOptions options;
      options.deadline = absl::Now() + absl::Hours(1);
      own.Drain(options);
      Registry other;
      own.MoveTo(other).IgnoreError();
      if (first) started_.CountDown();
    }
  }

  std::atomic<bool> stop_{false};
  Latch started_;
  std::vector<std::thread> threads_;
};

// C26: each question has an answer, and nothing that is running is taken for a
// leak.
TEST(InspectRaceTest, AnswersWhileOthersWork) {
  BusyThreads busy;
  uint64_t registered = 0;
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(finalize::DebugText().empty());
    for (const finalize::RunningInfo& info : finalize::Running()) {
      EXPECT_LT(info.elapsed.value_or(absl::ZeroDuration()), absl::Hours(1))
          << info.ToString();
    }
    const Counters counters = finalize::Count();
    EXPECT_GE(counters.registered, registered);
    registered = counters.registered;
  }
}

// C26: the observer may ask, on every thread at once.
TEST(InspectRaceTest, ObserverMayAsk) {
  std::atomic<int> asked{0};
  finalize::SetObserver({[&](const ReportEntry& entry) {
                           bool found = false;
                           for (const auto& info : finalize::Running()) {
                             found |= info.number == entry.number;
                           }
                           if (found) ++asked;
                         },
                         nullptr});
  {
    BusyThreads busy;
    while (asked.load() < 300) std::this_thread::yield();
  }
  finalize::SetObserver({});
}

// C21, C26: a child forked at any moment can look, and finds nothing of its
// parent's.
TEST(InspectRaceTest, ChildForkedMeanwhileCanLook) {
  BusyThreads busy;
  for (int i = 0; i < 30; ++i) {
    const pid_t child = Forked(fork());
    if (child == 0) {
      const bool empty =
          finalize::Running().empty() && finalize::PendingByPlace().empty();
      _exit(empty && finalize::Count().registered == 0 ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
}

}  // namespace
