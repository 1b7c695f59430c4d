// SPDX-License-Identifier: Apache-2.0

// P1..P4: what it costs to register a finalizer and to be rid of it again.

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "finalize/finalizer.h"
#include "finalize/registry.h"
#include "tests/benchmarks/bench_closure.h"
#include "tests/benchmarks/bench_crew.h"
#include "tests/benchmarks/bench_main.h"
#include "tests/benchmarks/bench_rounds.h"

namespace {

using bench::CpuPerCall;
using bench::MakeClosure;
using bench::Row;
using finalize::Finalizer;
using finalize::Registry;

constexpr int64_t kCalls = 20000;  // a batch is about a millisecond
constexpr size_t kBlock = 64;

int64_t sum = 0;

void NewAndDelete() {
  void* block = operator new(kBlock);
  benchmark::DoNotOptimize(block);
  operator delete(block);
}

void RegisterAndDetach(Registry& registry) {
  registry.Register(MakeClosure(&sum)).Detach();
}

// A registry with `count` pending finalizers and their handles.
class Filled {
 public:
  explicit Filled(int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      handles_.push_back(registry_.Register(MakeClosure(&sum)));
    }
  }

  void ReplaceNewest() { RegisterAndDetach(registry_); }
  void ReplaceOldest() {
    Replace(oldest_);
    if (++oldest_ == handles_.size()) oldest_ = 0;
  }
  void Replace(size_t i) {
    handles_[i].Detach();
    handles_[i] = registry_.Register(MakeClosure(&sum));
  }

 private:
  Registry registry_;
  std::vector<Finalizer<>> handles_;
  size_t oldest_ = 0;
};

// As many blocks of the allocator.
class Blocks {
 public:
  explicit Blocks(int64_t count) {
    for (int64_t i = 0; i < count; ++i) blocks_.push_back(malloc(kBlock));
  }
  ~Blocks() {
    for (void* block : blocks_) free(block);
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  void Replace(size_t i) {
    free(blocks_[i]);
    blocks_[i] = malloc(kBlock);
    benchmark::DoNotOptimize(blocks_[i]);
  }

 private:
  std::vector<void*> blocks_;
};

// xorshift64: the same numbers for every alternative.
class Random {
 public:
  size_t Below(size_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ % limit;
  }

 private:
  uint64_t state_ = 88172645463325252;
};

std::vector<Row> MeasureDetach() {
  Registry registry;
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(200),
      {[&] { return CpuPerCall(kCalls, [&] { RegisterAndDetach(registry); }); },
       [] { return CpuPerCall(kCalls, NewAndDelete); }});
  Row row;
  row.what = "register + detach";
  row.peer = "new + delete, 64 bytes";
  row.bar = 3.0;
  row.aim = 2.0;
  return {Compare(row, rounds)};
}

std::vector<Row> MeasurePendingCount(int64_t count) {
  Registry empty;
  Filled filled(count);
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(200),
      {[&] { return CpuPerCall(kCalls, [&] { RegisterAndDetach(empty); }); },
       [&] { return CpuPerCall(kCalls, [&] { filled.ReplaceNewest(); }); },
       [&] { return CpuPerCall(kCalls, [&] { filled.ReplaceOldest(); }); }});
  Row row;
  row.peer = "the same, none pending";
  row.bar = 1.3;
  row.aim = 1.0;
  std::vector<Row> rows;
  row.what = absl::StrCat("detach the newest of ", count);
  rows.push_back(Compare(row, rounds, 1, 0));
  row.what = absl::StrCat("detach the oldest of ", count);
  rows.push_back(Compare(row, rounds, 2, 0));
  return rows;
}

Row MeasureRandomDetach() {
  constexpr int64_t kCount = 1000000;
  Filled filled(kCount);
  Blocks blocks(kCount);
  Random ours;
  Random theirs;
  // After this the neighbors of a finalizer are anywhere in memory.
  for (int64_t i = 0; i < 2 * kCount; ++i) filled.Replace(ours.Below(kCount));
  for (int64_t i = 0; i < 2 * kCount; ++i) blocks.Replace(theirs.Below(kCount));
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(200),
      {[&] {
         return CpuPerCall(kCalls, [&] { filled.Replace(ours.Below(kCount)); });
       },
       [&] {
         return CpuPerCall(kCalls,
                           [&] { blocks.Replace(theirs.Below(kCount)); });
       }});
  Row row;
  row.what = "detach a random one of 1000000";
  row.peer = "free + malloc, random";
  row.bar = 1.3;
  row.aim = 1.0;
  return Compare(row, rounds);
}

std::vector<Row> MeasurePending() {
  std::vector<Row> rows;
  for (const int64_t count : {1000, 10000, 1000000}) {
    for (Row& row : MeasurePendingCount(count)) rows.push_back(std::move(row));
  }
  rows.push_back(MeasureRandomDetach());
  return rows;
}

// What `body`, called with a number of calls to do, costs on `threads` threads
// at once beside what it costs on one.
Row MeasureThreadCount(Row row, int threads,
                       const std::function<void(int64_t)>& body) {
  constexpr int64_t kShiftCalls = 20000;  // short, to fit between others
  row.peer = "the same on 1 thread";
  bench::Crew crew(threads);
  const int count = bench::RoundCount(800);
  int apart = 0;
  bench::Rounds rounds;
  for (int i = 0; i < count; ++i) {
    const bench::Shift alone = crew.Work(1, kShiftCalls, body);
    const bench::Shift all = crew.Work(threads, kShiftCalls, body);
    if (i == 0) continue;
    if (all.together) {
      rounds.push_back({all.cpu_per_call, alone.cpu_per_call});
    } else {
      ++apart;
    }
  }
  if (static_cast<int>(rounds.size()) < count / 20) {
    return bench::Skipped(
        row, "the machine is too busy: the threads seldom ran at once");
  }
  row = Compare(row, rounds);
  if (apart > 0) {
    row.note =
        absl::StrCat(apart, " of ", count,
                     " rounds left out: the threads did not run at once");
  }
  return row;
}

std::vector<Row> MeasureThreads() {
  const int processors = std::thread::hardware_concurrency();
  std::vector<Row> rows;
  for (const int threads : {2, 4, 8}) {
    if (threads > processors) continue;
    const std::string on = absl::StrCat(" on ", threads, " threads, CPU");
    Row row;
    row.what = "register + detach" + on;
    row.bar = 1.3;
    row.aim = 1.05;
    rows.push_back(MeasureThreadCount(row, threads, [](int64_t calls) {
      Registry& registry = Registry::Process();
      for (int64_t i = 0; i < calls; ++i) RegisterAndDetach(registry);
    }));
    // Nothing is shared here: what this costs is the machine's, whose
    // processors may be halves of one core.
    Row machine;
    machine.what = "new + delete" + on;
    rows.push_back(MeasureThreadCount(machine, threads, [](int64_t calls) {
      for (int64_t i = 0; i < calls; ++i) NewAndDelete();
    }));
  }
  return rows;
}

std::vector<Row> MeasureRun() {
  Registry registry;
  const auto run_once = [] {
    auto callback =
        std::make_unique<absl::AnyInvocable<void() &&>>(MakeClosure(&sum));
    benchmark::DoNotOptimize(callback.get());
    std::move (*callback)();
  };
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(200), {[&] {
                                 return CpuPerCall(kCalls, [&] {
                                   registry.Register(MakeClosure(&sum)).Run();
                                 });
                               },
                               [&] { return CpuPerCall(kCalls, run_once); }});
  Row row;
  row.what = "register + Run";
  row.peer = "make_unique<AnyInvocable> + call";
  row.bar = 2.5;
  row.aim = 1.5;
  return {Compare(row, rounds)};
}

}  // namespace

int main(int argc, char** argv) {
  return bench::Main(argc, argv,
                     {{"P1", MeasureDetach},
                      {"P2", MeasurePending},
                      {"P3", MeasureThreads},
                      {"P4", MeasureRun}});
}
