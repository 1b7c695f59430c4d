// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/crash/crash_sweep.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "finalize/crash_callback.h"
#include "finalize/crash_gate.h"
#include "finalize/owner_process.h"
#include "tempdir/internal/crash/crash_removal.h"
#include "tempdir/internal/marks/root_table.h"
#include "tempdir/internal/system/compared_devices.h"
#include "tempdir/internal/system/system_calls.h"

namespace tempdir_internal {
namespace {

// Between two rounds.
constexpr int64_t kPause = 200000;

// The process whose watchdog sweeps, and how many roots it has left.
std::atomic<uint32_t> watchdog_sweeps{0};
std::atomic<size_t> watchdog_left{0};

// All of the one thread that has the engine. The roots that are still to be
// removed are the first `count`.
std::atomic<bool> engine_taken{false};
CrashedRoot found[kRootSlots];
size_t count = 0;

bool TimeIsUp(const finalize::Crash& crash) {
  return static_cast<uint64_t>(kKernelCalls.now()) >= crash.deadline_nanos;
}

bool TakeEngine(const finalize::Crash& crash) {
  while (engine_taken.exchange(true, std::memory_order_acquire)) {
    if (TimeIsUp(crash)) return false;
    kKernelCalls.pause(kPause);
  }
  return true;
}

void Begin(const ClaimedRoot& root, void* context) {
  const auto& crash = *static_cast<const finalize::Crash*>(context);
  if (crash.keep || root.keep) {
    return KeepClaimedRoot(root, crash.signal != 0);
  }
  if (count == kRootSlots) return;
  CrashedRoot& crashed = found[count++];
  crashed.root = root;
  crashed.taken_name[0] = '\0';
  TakeAway(crashed, crash.deadline_nanos);
}

// Those that another round may do more for stay. Returns how many are given up.
size_t RemoveFound(const finalize::Crash& crash) {
  size_t stay = 0, left = 0;
  for (size_t i = 0; i < count; ++i) {
    const RootState state = RemoveCrashedRoot(found[i], crash.deadline_nanos);
    if (state == RootState::kRefilled) found[stay++] = found[i];
    if (state == RootState::kLeft) ++left;
  }
  count = stay;
  return left;
}

// Returns how many roots it leaves.
size_t SweepAll(const finalize::Crash& crash) {
  finalize::Crash copy = crash;
  count = 0;
  size_t left = 0;
  for (;;) {
    // Before the look: what a thread makes, it has entered when it withdraws.
    const bool others_make = finalize::CrashGate::OthersMake();
    ClaimRoots(&Begin, &copy);
    left += RemoveFound(crash);
    if ((!others_make && count == 0) || TimeIsUp(crash)) return left + count;
    kKernelCalls.pause(kPause);
  }
}

void SweepInCrash(const finalize::Crash& crash) {
  if (!TakeEngine(crash)) return;
  SweepAll(crash);
  engine_taken.store(false, std::memory_order_release);
}

void SweepForWatchdog(const finalize::Crash& crash) {
  watchdog_sweeps.store(finalize::OwnerProcess().number(),
                        std::memory_order_release);
  if (TakeEngine(crash)) {
    watchdog_left.store(SweepAll(crash), std::memory_order_release);
    engine_taken.store(false, std::memory_order_release);
  }
  watchdog_sweeps.store(0, std::memory_order_release);
}

}  // namespace

void AddCrashSweep() {
  TempDirsCompareDevices();  // The environment cannot be read in a crash.
  // If the program has filled the tables, the next start reaps.
  (void)finalize::AddCrashCallback(&SweepInCrash);
  (void)finalize::AddReserveCallback(&SweepForWatchdog);
}

size_t AwaitWatchdogSweep() {
  while (watchdog_sweeps.load(std::memory_order_acquire) ==
         finalize::OwnerProcess().number()) {
    kKernelCalls.pause(kPause);
  }
  return watchdog_left.exchange(0, std::memory_order_acq_rel);
}

}  // namespace tempdir_internal
