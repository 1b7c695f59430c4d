// SPDX-License-Identifier: Apache-2.0

// A bound argument whose destructor forks, while another thread runs a callback
// of the same registry (contract C21).
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"

namespace {

using finalize::Registry;
using finalize::Report;
using finalize_test::Forked;
using finalize_test::Latch;

constexpr int kUnlikeTheParent = 96;

// Forks when it dies. In the child that comes back out of the library.
class Forking {
 public:
  Forking(Registry* registry, pid_t* child)
      : registry_(registry), child_(child) {}
  ~Forking() {
    *child_ = Forked(fork());
    if (*child_ == 0) registry_->Register([] {});
  }
  Forking(const Forking&) = delete;
  Forking& operator=(const Forking&) = delete;

 private:
  Registry* const registry_;
  pid_t* const child_;
};

// Runs `run` beside a callback that another thread runs. `run` forks, and the
// child drains what it has registered.
template <class Run>
void ExpectChildDrains(const Run& run) {
  Registry registry;
  Latch running;
  Latch release;
  auto beside = registry.Register([&] {
    running.CountDown();
    release.Wait();
  });
  std::thread other([&] { beside.Run(); });
  running.Wait();
  pid_t child = -1;
  run(&registry, std::make_unique<Forking>(&registry, &child));
  if (child == 0) {
    finalize::DrainOptions options;
    options.deadline = absl::Now() + absl::Minutes(1);  // it does not hang
    const Report report = registry.Drain(options);
    _exit(report.ran == 1 && report.running == 0 ? 0 : kUnlikeTheParent);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  release.CountDown();
  other.join();
}

TEST(ForkInDestructorTest, ChildDrainsAfterARun) {
  ExpectChildDrains([](Registry* registry, std::unique_ptr<Forking> forking) {
    registry
        ->Register(
            {}, [](const std::unique_ptr<Forking>&) {}, std::move(forking))
        .Run();
  });
}

TEST(ForkInDestructorTest, ChildDrainsAfterAFailure) {
  ExpectChildDrains([](Registry* registry, std::unique_ptr<Forking> forking) {
    auto failing = registry->Register(
        {},
        [](const std::unique_ptr<Forking>&) { throw std::logic_error("no"); },
        std::move(forking));
    EXPECT_THROW(failing.Run(), std::logic_error);
  });
}

}  // namespace
