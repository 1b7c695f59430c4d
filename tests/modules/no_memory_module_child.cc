// SPDX-License-Identifier: Apache-2.0

// A program that closes module_race_plugin.cc when there is no memory.
#include <atomic>

#include "finalize/failure_reporter.h"
#include "tests/modules/module_race_plugin.h"
#include "tests/modules/plugin_loader.h"
#include "tests/support/scarce_memory.h"
#include "tests/support/scenario.h"

namespace {

using finalize_test::Require;
using finalize_test::Say;
using finalize_test::ScarceMemory;

constexpr int kMaxAllocations = 2000;

finalize_test::PluginLoader<RacePlugin>& plugin =
    *new finalize_test::PluginLoader<RacePlugin>;
std::atomic<int> reported{0};

// Closes a plugin that has registered more than are looked for at once, some
// of which register another one. Returns whether the memory sufficed.
bool CloseWith(int allocations, ScarceMemory::Failing failing) {
  Tally tally;
  const RacePlugin& table = plugin.Open();
  for (int i = 0; i < 40; ++i) table.register_counted(&tally, i % 3);
  reported = 0;
  bool sufficed = false;
  {
    ScarceMemory scarce(allocations, failing);
    plugin.Close();
    sufficed = scarce.sufficed();
  }
  Require(!plugin.IsMapped(), "unmapped");
  Require(tally.registered == 79, "registered");
  Require(tally.ran == 79, "each once");
  Require(reported == 79 / 4, "every fourth fails");
  return sufficed;
}

template <ScarceMemory::Failing kFailing>
void CloseWithEverMore() {
  finalize::SetFailureReporter(
      [](const finalize::ReportEntry&) { ++reported; });
  int allocations = 0;
  while (!CloseWith(allocations, kFailing)) {
    Require(++allocations < kMaxAllocations, "an end");
  }
  Require(allocations > 2, "allocations");
  Say("done");
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"one-fails", CloseWithEverMore<ScarceMemory::kOneFails>},
       {"rest-fail", CloseWithEverMore<ScarceMemory::kRestFail>}});
}
