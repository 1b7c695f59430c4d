// SPDX-License-Identifier: Apache-2.0

// What the fast paths cost, in allocations, memory and steps (contract C4, C7,
// C10).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "finalize/at_exit.h"
#include "finalize/cause.h"
#include "finalize/failure_reporter.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "finalize/shared.h"
#include "gtest/gtest.h"

// Counts what this thread takes from malloc, which operator new calls.
namespace {
thread_local uint64_t allocations = 0;

// Not inline: the compiler takes it that malloc() changes no variable.
[[gnu::noinline]] uint64_t Allocations() {
  asm volatile("" ::: "memory");
  return allocations;
}
}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED_BY_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTED_BY_SANITIZER 1
#endif
#endif

#ifdef COUNTED_BY_SANITIZER
// The sanitizers have an allocator of their own, with a hook.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, size_t),
    void (*free_hook)(const volatile void*));
namespace {
const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, size_t) { ++allocations; },
    [](const volatile void*) {});
}  // namespace
#else
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  ++allocations;
  return __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
}
#endif

namespace {

using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;

// Returns how many allocations `work` makes once it is warm.
template <class F>
uint64_t AllocationsOf(F work) {
  for (int i = 0; i < 100; ++i) work();
  const uint64_t before = Allocations();
  for (int i = 0; i < 100; ++i) work();
  return Allocations() - before;
}

// The counter counts.
TEST(AllocationTest, CounterSeesAllocations) {
  EXPECT_EQ(AllocationsOf([] { delete new std::string(100, 'x'); }), 200u);
  EXPECT_EQ(AllocationsOf([] {
              void* volatile memory = malloc(10);
              free(memory);
            }),
            100u);
}

// Registering and running takes nothing from the allocator.
TEST(AllocationTest, RegisterAndRunAllocateNothing) {
  Registry registry;
  int runs = 0;
  EXPECT_EQ(AllocationsOf([&] { registry.Register([&] { ++runs; }).Run(); }),
            0u);
  EXPECT_EQ(AllocationsOf([&] { finalize::AtExit([&] { ++runs; }).Run(); }),
            0u);
  EXPECT_EQ(runs, 400);
}

// Nor with a name, a phase and arguments, up to the largest node.
TEST(AllocationTest, OptionsAndArgumentsAllocateNothing) {
  Registry registry;
  struct Large {
    char bytes[400] = {};
  };
  EXPECT_EQ(AllocationsOf([&] {
              registry
                  .Register(
                      Options("a name of some length").set_phase(3),
                      [](const Large&, int) {}, Large(), 5)
                  .Run();
            }),
            0u);
}

// C4: detaching takes nothing, and the callable holds the node.
TEST(AllocationTest, DetachAllocatesNothing) {
  Registry registry;
  char bytes[200] = {};
  EXPECT_EQ(AllocationsOf([&] {
              auto f = registry.Register([bytes] { return bytes[7]; });
              absl::AnyInvocable<char()&&> callback = f.Detach();
              std::move(callback)();
            }),
            0u);
}

// Nor do handles, flags, peeks for aliveness, lifetimes, scopes and drains.
TEST(AllocationTest, OtherFastPathsAllocateNothing) {
  Registry registry;
  int runs = 0;
  EXPECT_EQ(AllocationsOf([&] {
              finalize::Lifetime a;
              registry.OnDestroy(a, {}, [&] { ++runs; });
              finalize::OnDestroy(a, [&] { ++runs; });
              finalize::Lifetime b = std::move(a);
            }),
            0u);
  EXPECT_EQ(AllocationsOf([&] { finalize::Finally guard([&] { ++runs; }); }),
            0u);
  EXPECT_EQ(AllocationsOf([&] {
              auto f = registry.Register([&] { ++runs; });
              f.set_at_exit(false);
              Finalizer<> copy = f;
              if (copy.alive() && !copy.at_exit()) copy.Wait();
              registry.Drain();
            }),
            0u);
  EXPECT_EQ(AllocationsOf([&] {
              Registry own;
              own.Register([&] { ++runs; });
            }),
            0u);
}

// A hookable shared_ptr costs two allocations, whatever hangs on it.
TEST(AllocationTest, SharedReferentCostsTwoAllocations) {
  EXPECT_EQ(AllocationsOf([] {
              auto shared = finalize::MakeShared<int>(1);
              finalize::OnDestroy(shared, [] {});
              finalize::OnDestroy(shared, [] {});
            }),
            200u);
}

// The highest number among finalizers that exist: they are dense, so it tells
// how much memory for nodes there is.
uint64_t HighestNumber() {
  Registry registry;
  uint64_t highest = 0;
  for (int i = 0; i < 200; ++i) {
    auto f = registry.Register([] {});
    const uint64_t number = f.Peek()->number;
    if (number > highest) highest = number;
  }
  return highest;
}

// What threads free is used again, also where they only run or detach what
// others registered, and then end.
template <class F>
uint64_t GrowthOver(int threads, F body) {
  for (int i = 0; i < 10; ++i) std::thread(body).join();
  const uint64_t before = HighestNumber();
  for (int i = 0; i < threads; ++i) std::thread(body).join();
  return std::max(HighestNumber(), before) - before;
}
TEST(AllocationTest, EndedThreadsKeepNoMemory) {
  Registry registry;
  auto registers_and_runs = [&] {
    for (int i = 0; i < 40; ++i) registry.Register([] {}).Run();
  };
  EXPECT_LT(GrowthOver(200, registers_and_runs), 1000u);
}
TEST(AllocationTest, ThreadsThatOnlyRunKeepNoMemory) {
  Registry registry;
  std::vector<Finalizer<>> f;
  auto runs_only = [&] {
    for (const Finalizer<>& one : f) one.Run();
  };
  auto round = [&] {
    f.clear();
    for (int i = 0; i < 40; ++i) f.push_back(registry.Register([] {}));
    std::thread(runs_only).join();
  };
  for (int i = 0; i < 20; ++i) round();
  const uint64_t before = HighestNumber();
  for (int i = 0; i < 200; ++i) round();
  EXPECT_LT(HighestNumber(), before + 1000);
}
TEST(AllocationTest, ParallelDrainsKeepNoMemory) {
  Registry registry;
  finalize::DrainOptions options;
  options.threads = 2;
  auto round = [&] {
    for (int i = 0; i < 20; ++i) registry.Register([] {});
    registry.Drain(options);
  };
  for (int i = 0; i < 20; ++i) round();
  const uint64_t before = HighestNumber();
  for (int i = 0; i < 200; ++i) round();
  EXPECT_LT(HighestNumber(), before + 1000);
}

// C7: every callable is destroyed exactly once, on every path.
struct Live {
  explicit Live(int* count_in) : count(count_in) { ++*count; }
  Live(const Live& other) : count(other.count) { ++*count; }
  Live(Live&& other) noexcept : count(other.count) { ++*count; }
  ~Live() { --*count; }
  int* count;
};
TEST(AllocationTest, EveryCallableDiesOnce) {
  int live = 0;
  auto callback = [](const Live&) {};
  {
    finalize::Lifetime lifetime;
    Registry registry;
    registry.Register({}, callback, Live(&live)).Run();
    EXPECT_EQ(live, 0);
    { auto detached = registry.Register({}, callback, Live(&live)).Detach(); }
    EXPECT_EQ(live, 0);
    registry.Register({}, callback, Live(&live));
    registry.Drain();
    EXPECT_EQ(live, 0);
    registry.OnDestroy(lifetime, {}, callback, Live(&live));
    { finalize::Lifetime ended = std::move(lifetime); }
    EXPECT_EQ(live, 0);
    registry.Register({}, callback, Live(&live));
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);  // by the registry's destructor
  {
    Registry sealed;
    sealed.Seal();
    sealed.TryRegister({}, callback, Live(&live)).status().IgnoreError();
    sealed.Register(Options().set_if_closed(finalize::IfClosed::kRunNow),
                    callback, Live(&live));
    EXPECT_EQ(live, 0);
  }
}

// So many that one step for each pair of them does not end in the time that a
// test has (4e10 steps), while one for each is nothing.
constexpr int kMany = 200000;

// C4: a detach does not look at the others, wherever its place is, and takes
// no memory.
TEST(AllocationTest, DetachIsOfConstantCost) {
  Registry registry;
  finalize::Lifetime lifetime;
  std::vector<Finalizer<>> f;
  for (int i = 0; i < kMany; ++i) {
    f.push_back(registry.OnDestroy(lifetime, {}, [] {}));
  }
  const uint64_t before = Allocations();
  for (int i = 0; i < kMany; i += 2) f[i].Detach();           // oldest first
  for (int i = kMany / 2 + 1; i < kMany; i += 2) f[i].Run();  // from the middle
  EXPECT_EQ(Allocations() - before, 0u);
  EXPECT_EQ(registry.size(), static_cast<size_t>(kMany / 4));
}

// C10: a drain is linear, whatever is registered, run, detached and re-flagged
// meanwhile.
TEST(AllocationTest, DrainIsLinear) {
  int runs = 0;
  std::vector<Finalizer<>> f;
  Registry registry;
  for (int i = 0; i < kMany; ++i) {
    f.push_back(registry.Register(
        Options().set_at_exit(i % 2 == 0).set_phase(i % 3), [&, i] {
          ++runs;
          if (i % 4 == 0) registry.Register([&] { ++runs; });
          f[i / 2].set_at_exit(i % 5 != 0);
          if (i % 7 == 0) f[i / 3].Detach();
          if (i % 11 == 0) f[i / 4].Run();
        }));
  }
  finalize::DrainOptions options;
  options.cause = finalize::Cause::Kind::kExit;
  options.max_entries = 10;
  finalize::Report report = registry.Drain(options);
  EXPECT_GT(runs, kMany / 2);
  EXPECT_EQ(report.left, registry.size());
}

// C8: so is one in which everything fails and is pending again.
TEST(AllocationTest, DrainOfFailuresIsLinear) {
  bool good = false;
  Registry registry;
  for (int i = 0; i < kMany; ++i) {
    registry.RegisterRetryable(Options().set_phase(i % 2), [&] {
      return good ? absl::OkStatus() : absl::UnavailableError("");
    });
  }
  auto old = finalize::SetFailureReporter([](const finalize::ReportEntry&) {});
  finalize::DrainOptions options;
  options.max_entries = 10;
  EXPECT_EQ(registry.Drain(options).failed, static_cast<size_t>(kMany));
  finalize::SetFailureReporter(std::move(old));
  good = true;
  EXPECT_EQ(registry.Drain().ran, static_cast<size_t>(kMany));
}

// C12: so is moving, both ways.
TEST(AllocationTest, MoveIsLinear) {
  Registry a, b;
  for (int i = 0; i < kMany; ++i) (i % 2 ? a : b).Register([] {});
  EXPECT_TRUE(a.MoveTo(b).ok());
  EXPECT_TRUE(b.MoveTo(a).ok());
  EXPECT_EQ(a.Drain().ran, static_cast<size_t>(kMany));
}

}  // namespace
