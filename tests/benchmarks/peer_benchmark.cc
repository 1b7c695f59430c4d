// SPDX-License-Identifier: Apache-2.0

// P5: register + detach beside what else people use for it.

#include <cstdint>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "finalize/finalizer.h"
#include "finalize/registry.h"
#include "tests/benchmarks/bench_closure.h"
#include "tests/benchmarks/bench_coprocess.h"
#include "tests/benchmarks/bench_locked_list.h"
#include "tests/benchmarks/bench_main.h"
#include "tests/benchmarks/bench_rounds.h"

#if __has_include(<boost/signals2/signal.hpp>)
#include <boost/signals2/signal.hpp>
#define HAVE_SIGNALS2 1
#else
#define HAVE_SIGNALS2 0
#endif

namespace {

using bench::CpuPerCall;
using bench::MakeClosure;
using bench::Row;

constexpr int64_t kCalls = 20000;  // a batch of ours is about a millisecond

int64_t sum = 0;

// Compares ours with `theirs`, whose batch returns nanoseconds a call.
Row CompareWith(Row row, const bench::Batch& theirs) {
  row.what = "register + detach";
  finalize::Registry registry;
  const auto ours = [&] { registry.Register(MakeClosure(&sum)).Detach(); };
  if (!(theirs() > 0)) return Skipped(row, "the peer did not run");
  return Compare(row, bench::MeasureInTurn(
                          bench::RoundCount(100),
                          {[&] { return CpuPerCall(kCalls, ours); }, theirs}));
}

Row MeasureLockedList(Row row) {
  row.peer = "mutex + std::list<std::function>";
  bench::LockedList list;
  return CompareWith(row, [&] {
    return CpuPerCall(kCalls,
                      [&] { list.Detach(list.Register(MakeClosure(&sum))); });
  });
}

Row MeasureSignal(Row row) {
  row.peer = "boost::signals2 connect + disconnect";
#if HAVE_SIGNALS2
  boost::signals2::signal<void()> signal;
  return CompareWith(row, [&] {
    return CpuPerCall(kCalls / 10,
                      [&] { signal.connect(MakeClosure(&sum)).disconnect(); });
  });
#else
  return Skipped(row, "not installed: libboost-dev");
#endif
}

Row MeasureCoprocess(Row row, const std::vector<std::string>& command) {
  bench::Coprocess peer(command);
  return CompareWith(row, [&] { return peer.Measure(); });
}

Row MeasurePython(Row row) {
  row.peer = "CPython weakref.finalize + detach";
  const std::string python = bench::PeerPath("python");
  if (python.empty()) return Skipped(row, "not installed: python3");
  return MeasureCoprocess(row, {python, bench::PeerPath("finalize_detach.py")});
}

Row MeasureCleaner(Row row) {
  row.peer = "JDK Cleaner register + clean";
  const std::string cleaner = bench::PeerPath("CleanerPeer.class");
  if (cleaner.empty()) {
    return Skipped(row, "not installed: default-jdk-headless");
  }
  const std::string classes = cleaner.substr(0, cleaner.rfind('/'));
  return MeasureCoprocess(row, {"java", "-cp", classes, "CleanerPeer"});
}

Row WithBar(double bar, double aim) {
  Row row;
  row.bar = bar;
  row.aim = aim;
  return row;
}

std::vector<Row> MeasurePeers() {
  return {MeasureLockedList(WithBar(0.8, 0.5)),
          MeasureSignal(WithBar(0.15, 0.1)), MeasurePython(WithBar(0.05, 0.03)),
          MeasureCleaner(WithBar(0.6, 0.3))};
}

}  // namespace

int main(int argc, char** argv) {
  return bench::Main(argc, argv, {{"P5", MeasurePeers}});
}
