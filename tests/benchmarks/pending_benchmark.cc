// SPDX-License-Identifier: Apache-2.0

// P6..P8: what many pending finalizers cost: memory, and time to fill and
// drain.
//
// Each figure comes from a process of its own, so that no earlier one has left
// memory behind.

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <vector>

#include "finalize/registry.h"
#include "finalize/report.h"
#include "tests/benchmarks/bench_closure.h"
#include "tests/benchmarks/bench_locked_list.h"
#include "tests/benchmarks/bench_main.h"
#include "tests/benchmarks/bench_rounds.h"
#include "tests/support/forked.h"

namespace {

using bench::CpuPerCall;
using bench::MakeClosure;
using bench::Row;
using finalize_test::Forked;

constexpr int64_t kMany = 1000000;

int64_t sum = 0;

// Returns what `measure` returns in a child; 0 if the child does not end well.
double InChild(const std::function<double()>& measure) {
  int ends[2];
  if (pipe(ends) != 0) return 0;
  const pid_t pid = Forked(fork());
  if (pid == 0) {
    const double result = measure();
    const bool written = write(ends[1], &result, sizeof result) > 0;
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  double result = 0;
  if (read(ends[0], &result, sizeof result) != sizeof result) result = 0;
  close(ends[0]);
  waitpid(pid, nullptr, 0);
  return result;
}

double ResidentBytes() {
  long total = 0;
  long resident = 0;
  FILE* const file = fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  if (fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
  fclose(file);
  return static_cast<double>(resident) * sysconf(_SC_PAGESIZE);
}

void Fill(finalize::Registry& registry, int64_t count) {
  for (int64_t i = 0; i < count; ++i) registry.Register(MakeClosure(&sum));
}
void Fill(bench::LockedList& list, int64_t count) {
  for (int64_t i = 0; i < count; ++i) list.Register(MakeClosure(&sum));
}

// Bytes for each of many pending ones.
template <class Pending>
double Memory() {
  Pending pending;
  Fill(pending, 1);
  const double before = ResidentBytes();
  Fill(pending, kMany);
  return (ResidentBytes() - before) / kMany;
}

// Nanoseconds to fill and drain, for each of `count`.
template <class Pending>
double FillAndDrain(Pending& pending, int64_t count) {
  return CpuPerCall(1,
                    [&] {
                      Fill(pending, count);
                      pending.Drain();
                    }) /
         count;
}

// The same with memory that has been used before; the allocator, too, is told
// to keep what it gets back.
template <class Pending>
double FillAndDrainAgain() {
  mallopt(M_TRIM_THRESHOLD, INT32_MAX);
  mallopt(M_TOP_PAD, 256 << 20);
  Pending pending;
  FillAndDrain(pending, kMany);
  return FillAndDrain(pending, kMany);
}

std::vector<Row> MeasureMemory() {
  const bench::Rounds rounds =
      bench::MeasureInTurn(bench::RoundCount(5),
                           {[] { return InChild(Memory<finalize::Registry>); },
                            [] { return InChild(Memory<bench::LockedList>); }});
  Row row;
  row.what = "memory of a pending finalizer, at 1000000";
  row.unit = "bytes";
  row.ratio = bench::EstimateOf(bench::CostsOf(rounds, 0));
  row.ours = row.ratio.median;
  row.bar = 128;
  row.aim = 96;
  Row beside;
  beside.what = row.what;
  beside.peer = "mutex + std::list<std::function>";
  beside.unit = row.unit;
  return {row, Compare(beside, rounds)};
}

std::vector<Row> MeasureDrain() {
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(20),
      {[] { return InChild(FillAndDrainAgain<finalize::Registry>); },
       [] { return InChild(FillAndDrainAgain<bench::LockedList>); }});
  Row row;
  row.what = "fill 1000000 and drain, each";
  row.peer = "mutex + std::list<std::function>";
  row.bar = 0.4;
  row.aim = 0.25;
  return {Compare(row, rounds)};
}

std::vector<Row> MeasureScale() {
  constexpr int64_t kSmallCount = 10000;
  constexpr int64_t kVeryMany = 10000000;
  // The first use of the memory counts: nobody has so many twice.
  const auto very_many = [] {
    finalize::Registry registry;
    return FillAndDrain(registry, kVeryMany);
  };
  const auto few = [] {
    finalize::Registry registry;
    FillAndDrain(registry, kSmallCount);
    return CpuPerCall(100, [&] { FillAndDrain(registry, kSmallCount); }) /
           kSmallCount;
  };
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(7),
      {[&] { return InChild(very_many); }, [&] { return InChild(few); }});
  Row row;
  row.what = "fill 10000000 and drain, each";
  row.peer = "fill 10000 and drain, each";
  row.bar = 3.0;
  row.aim = 2.0;
  return {Compare(row, rounds)};
}

}  // namespace

int main(int argc, char** argv) {
  return bench::Main(
      argc, argv,
      {{"P6", MeasureMemory}, {"P7", MeasureDrain}, {"P8", MeasureScale}});
}
