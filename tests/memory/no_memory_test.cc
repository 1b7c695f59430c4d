// SPDX-License-Identifier: Apache-2.0

// Registrations for which there is no memory (contract C20). The program is
// linked with --wrap=mmap, so that no more memory for finalizers can be had.
#include <sys/mman.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/thread_exit.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"

namespace {
bool no_pages = false;
bool no_boxes = false;
}  // namespace

extern "C" void* __real_mmap(void*, size_t, int, int, int, off_t);
extern "C" void* __wrap_mmap(void* address, size_t length, int protection,
                             int flags, int file, off_t offset) {
  if (no_pages) return MAP_FAILED;
  return __real_mmap(address, length, protection, flags, file, offset);
}

// As the one it replaces, but for the test.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  if (no_boxes) return nullptr;
  try {
    return operator new(size);
  } catch (...) {
    return nullptr;
  }
}

namespace {

using finalize::Cause;
using finalize::IfClosed;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;

// Uses up what memory the library has for finalizers with callbacks as large
// as these, and keeps it from getting more.
using Padding = std::array<char, 200>;
class NoNodes {
 public:
  NoNodes() {
    no_pages = true;
    while (all_.TryRegister(
                   {}, [](const Padding&) {}, Padding())
               .ok()) {
    }
  }
  ~NoNodes() { no_pages = false; }

 private:
  Registry all_;
};

// The same for callbacks of no size, and for phases.
class NoSmallNodes {
 public:
  NoSmallNodes() {
    for (int i = 0; i < 3; ++i) handles_.push_back(all_.Register([] {}));
    no_pages = true;
    for (;;) {
      auto finalizer = all_.TryRegister({}, [] {});
      if (!finalizer.ok()) return;
      handles_.push_back(*finalizer);
    }
  }
  ~NoSmallNodes() { no_pages = false; }

  // Leaves room for so many.
  void GiveBack(size_t count) {
    for (size_t i = 0; i < count; ++i) handles_[i].Detach();
  }

 private:
  Registry all_;
  std::vector<finalize::Finalizer<void>> handles_;
};

// C20: refused: a dead handle, a report, and the callback destroyed.
TEST(NoMemoryTest, RegisterIsRefused) {
  CapturedFailures failures;
  Registry registry;
  NoNodes no_nodes;
  bool ran = false;
  auto bound = std::make_shared<int>();
  auto f = registry.Register(
      Options("late"),
      [&](const std::shared_ptr<int>&, const Padding&) { ran = true; }, bound,
      Padding());
  EXPECT_FALSE(f.alive());
  EXPECT_FALSE(f.Run());
  EXPECT_FALSE(ran);
  EXPECT_EQ(bound.use_count(), 1);
  EXPECT_EQ(registry.size(), 0u);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::Outcome::kRefused);
  EXPECT_EQ(failures.at(0).name, "late");
  EXPECT_EQ(failures.at(0).status.code(), absl::StatusCode::kResourceExhausted);
}

// C20: TryRegister says so, and reports nothing.
TEST(NoMemoryTest, TryRegisterSaysWhy) {
  CapturedFailures failures;
  Registry registry;
  NoNodes no_nodes;
  EXPECT_EQ(registry
                .TryRegister(
                    {}, [](const Padding&) {}, Padding())
                .status()
                .code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(failures.size(), 0u);
}

// C20: or it runs at once, where asked, and a failure of that is reported.
TEST(NoMemoryTest, RunsNowIfAsked) {
  CapturedFailures failures;
  Registry registry;
  NoNodes no_nodes;
  Cause cause = Cause::Kind::kCall;
  const Options run_now = Options("now").set_if_closed(IfClosed::kRunNow);
  registry.Register(
      run_now, [&](const Cause& c, const Padding&) { cause = c; }, Padding());
  EXPECT_EQ(cause, Cause::Kind::kClosed);
  EXPECT_EQ(failures.size(), 0u);
  registry.Register(
      run_now, [](const Padding&) { throw 1; }, Padding());
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::Outcome::kFailed);
}

// C20: for a finalizer of an object as well.
TEST(NoMemoryTest, OnDestroyIsRefused) {
  CapturedFailures failures;
  Registry registry;
  finalize::Lifetime lifetime;
  NoNodes no_nodes;
  auto f = registry.OnDestroy(
      lifetime, {}, [](const Padding&) {}, Padding());
  EXPECT_FALSE(f.alive());
  EXPECT_EQ(failures.size(), 1u);
}

// C20, C25: and for one of a thread, for want of a node or of the thread's
// list.
TEST(NoMemoryTest, AtThreadExitIsRefused) {
  CapturedFailures failures;
  int runs = 0;
  {
    NoNodes no_nodes;
    EXPECT_FALSE(finalize::AtThreadExit(
                     {}, [](const Padding&) {}, Padding())
                     .alive());
  }
  EXPECT_EQ(failures.size(), 1u);
  std::thread([&] {
    no_boxes = true;
    EXPECT_FALSE(finalize::AtThreadExit([] {}).alive());
    no_boxes = false;
    EXPECT_EQ(failures.size(), 2u);
    finalize::AtThreadExit([&] { ++runs; });
  }).join();
  EXPECT_EQ(runs, 1);
  for (size_t i = 0; i < failures.size(); ++i) {
    EXPECT_EQ(failures.at(i).outcome, ReportEntry::Outcome::kRefused);
    EXPECT_EQ(failures.at(i).status.code(),
              absl::StatusCode::kResourceExhausted);
  }
}

// C20: where it is the first of its phase there must be memory for that, too.
TEST(NoMemoryTest, NewPhaseIsRefused) {
  Registry registry;
  NoSmallNodes no_nodes;
  no_nodes.GiveBack(3);  // for two finalizers and one phase
  EXPECT_TRUE(registry.TryRegister(Options().set_phase(1), [] {}).ok());
  EXPECT_EQ(registry.TryRegister(Options().set_phase(2), [] {}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(registry.TryRegister(Options().set_phase(1), [] {}).ok());
  EXPECT_EQ(registry.Drain().ran, 2u);
}

// C20: a registry works on when there is memory again, and what it had is all
// there.
TEST(NoMemoryTest, RegistryWorksOn) {
  int runs = 0;
  Registry registry;
  registry.Register(
      {}, [&](const Padding&) { ++runs; }, Padding());
  {
    NoNodes no_nodes;
    EXPECT_FALSE(registry
                     .TryRegister(
                         {}, [](const Padding&) {}, Padding())
                     .ok());
  }
  EXPECT_TRUE(registry
                  .TryRegister(
                      {}, [&](const Padding&) { ++runs; }, Padding())
                  .ok());
  EXPECT_EQ(registry.Drain().ran, 2u);
  EXPECT_EQ(runs, 2);
}

// A callable too large for a node.
struct Large {
  void operator()() const { ++*runs; }
  int* runs;
  std::shared_ptr<int> bound;
  char padding[4000] = {};
};

// C20: one that is boxed is refused like any other, and no std::bad_alloc
// escapes.
TEST(NoMemoryTest, BoxedIsRefused) {
  CapturedFailures failures;
  Registry registry;
  int runs = 0;
  auto bound = std::make_shared<int>();
  no_boxes = true;
  auto refused = registry.Register(Options("large"), Large{&runs, bound});
  EXPECT_EQ(registry.TryRegister({}, Large{&runs, bound}).status().code(),
            absl::StatusCode::kResourceExhausted);
  no_boxes = false;
  EXPECT_FALSE(refused.alive());
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(bound.use_count(), 1);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).name, "large");
  EXPECT_EQ(failures.at(0).status.code(), absl::StatusCode::kResourceExhausted);
}

// C20: and runs at once where asked.
TEST(NoMemoryTest, BoxedRunsNowIfAsked) {
  Registry registry;
  int runs = 0;
  no_boxes = true;
  registry.Register(Options().set_if_closed(IfClosed::kRunNow),
                    Large{&runs, {}});
  no_boxes = false;
  EXPECT_EQ(runs, 1);
}

// C7: with memory it is stored, moved to its detached callback, and destroyed.
TEST(NoMemoryTest, BoxedIsKept) {
  Registry registry;
  int runs = 0;
  auto bound = std::make_shared<int>();
  registry.Register(Large{&runs, bound}).Run();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(bound.use_count(), 1);
  {
    auto callback = registry.Register(Large{&runs, bound}).Detach();
    EXPECT_EQ(bound.use_count(), 2);
  }
  EXPECT_EQ(bound.use_count(), 1);
}

// C12: MoveTo says that there is no memory for the phases of the target, and
// what it has not moved is where it was.
TEST(NoMemoryTest, MoveIsRefused) {
  Registry from, to;
  from.Register(Options().set_phase(1), [] {});
  from.Register(Options().set_phase(2), [] {});
  {
    NoSmallNodes no_nodes;
    EXPECT_EQ(from.MoveTo(to).code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(from.size(), 2u);
  EXPECT_TRUE(from.MoveTo(to).ok());
  EXPECT_EQ(to.Drain().ran, 2u);
}

// C20: a registry for which there is no memory throws, as other objects do.
TEST(NoMemoryTest, RegistryThrows) {
  std::deque<Registry> registries;
  no_pages = true;
  EXPECT_THROW(for (int i = 0; i < 100000; ++i) registries.emplace_back(),
               std::bad_alloc);
  no_pages = false;
  registries.emplace_back();
  EXPECT_TRUE(registries.back().Register([] {}).alive());
}

}  // namespace
