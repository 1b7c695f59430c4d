// SPDX-License-Identifier: Apache-2.0

// P9, P10: what it costs that an object, or a scope, has a finalizer.

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "benchmark/benchmark.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "tests/benchmarks/bench_closure.h"
#include "tests/benchmarks/bench_main.h"
#include "tests/benchmarks/bench_rounds.h"

namespace {

using bench::CpuPerCall;
using bench::MakeClosure;
using bench::Row;

constexpr int64_t kCalls = 20000;  // a batch is about a millisecond

int64_t sum = 0;

struct Object {
  int value = 1;
  finalize::Lifetime lifetime;
};

void AddTo(Object* object) {
  finalize::OnDestroy(object->lifetime, [total = &sum] { *total += 1; });
  benchmark::DoNotOptimize(object);
}

std::vector<Row> MeasureLifetime() {
  const auto in_memory = [] {
    auto object = std::make_unique<Object>();
    AddTo(object.get());
  };
  const auto in_frame = [] {
    Object object;
    AddTo(&object);
  };
  const auto deleter = [] {
    std::shared_ptr<int> object(new int(1), [total = &sum](int* value) {
      *total += 1;
      delete value;
    });
    benchmark::DoNotOptimize(object.get());
  };
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(200), {[&] { return CpuPerCall(kCalls, in_memory); },
                               [&] { return CpuPerCall(kCalls, in_frame); },
                               [&] { return CpuPerCall(kCalls, deleter); }});
  Row row;
  row.what = "object with a Lifetime and a finalizer, in memory of its own";
  row.peer = "shared_ptr<int>(new int, deleter)";
  row.bar = 1.5;
  row.aim = 1.0;
  Row in_frame_row;
  in_frame_row.what = "the same object in the frame";
  in_frame_row.peer = row.peer;
  return {Compare(row, rounds, 0, 2), Compare(in_frame_row, rounds, 1, 2)};
}

std::vector<Row> MeasureFinally() {
  const auto finally = [] { finalize::Finally end(MakeClosure(&sum)); };
  const auto cleanup = [] { absl::Cleanup end = MakeClosure(&sum); };
  const auto new_and_delete = [] {
    void* block = operator new(64);
    benchmark::DoNotOptimize(block);
    operator delete(block);
  };
  const bench::Rounds rounds = bench::MeasureInTurn(
      bench::RoundCount(200),
      {[&] { return CpuPerCall(kCalls, finally); },
       [&] { return CpuPerCall(kCalls, cleanup); },
       [&] { return CpuPerCall(kCalls, new_and_delete); }});
  bench::Rounds beyond;
  for (const std::vector<double>& costs : rounds) {
    beyond.push_back({costs[0] - costs[1], costs[2]});
  }
  Row row;
  row.what = "Finally, beyond absl::Cleanup";
  row.peer = "new + delete, 64 bytes";
  row.bar = 3.0;
  row.aim = 2.0;
  return {Compare(row, beyond)};
}

}  // namespace

int main(int argc, char** argv) {
  return bench::Main(argc, argv,
                     {{"P9", MeasureLifetime}, {"P10", MeasureFinally}});
}
