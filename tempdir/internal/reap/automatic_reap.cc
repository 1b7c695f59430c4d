// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/reap/automatic_reap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "finalize/crash_gate.h"
#include "finalize/failure_reporter.h"
#include "finalize/owner_process.h"
#include "finalize/report.h"
#include "tempdir/internal/reap/reap_parent.h"
#include "tempdir/internal/root/process_root.h"
#include "tempdir/internal/system/background_thread.h"

namespace tempdir_internal {
namespace {

constexpr absl::Duration kTimeLimit = absl::Seconds(10);
// Beyond this number, parents are neither remembered nor reaped.
constexpr size_t kMaxParents = 256;

// A parent that a process has reaped. They are never freed, and there is no
// lock that a thread could hold during a fork.
struct Seen {
  const uint32_t process;
  const std::string parent;
  const size_t count;  // of this and those before it
  const Seen* const next;
};

std::atomic<const Seen*> seen{nullptr};

enum class Switch { kUntouched, kOn, kOff };
std::atomic<Switch> chosen{Switch::kUntouched};

bool IsIn(const Seen* list, uint32_t process, const std::string& parent) {
  for (; list != nullptr; list = list->next) {
    if (list->process == process && list->parent == parent) return true;
  }
  return false;
}

bool IsFirstUse(const std::string& parent) {
  const uint32_t process = finalize::OwnerProcess().number();
  const Seen* head = seen.load(std::memory_order_acquire);
  while (!IsIn(head, process, parent)) {
    const size_t count = head != nullptr ? head->count : 0;
    if (count >= kMaxParents) return false;
    const auto* made = new Seen{process, parent, count + 1, head};
    if (seen.compare_exchange_strong(head, made, std::memory_order_acq_rel)) {
      return true;
    }
    delete made;
  }
  return false;
}

// Callbacks are never freed: a thread may be calling one that was replaced.
struct Callback {
  const tempdir::AutomaticReapCallback function;
  const Callback* const replaced;  // within reach of leak checkers
};

std::atomic<const Callback*> callback{nullptr};

bool IsHeard() {
  const Callback* const current = callback.load(std::memory_order_acquire);
  return current != nullptr && current->function != nullptr;
}

// What a reaping reports.
struct Told {
  const std::string parent;
  const absl::StatusOr<tempdir::ReapReport> report;
};

absl::StatusOr<tempdir::ReapReport> ReapWithinTime(const std::string& parent) {
  tempdir::ReapOptions options;
  options.time_limit = kTimeLimit;
  try {
    CheckProcessRoots();
    return ReapParent(parent, options);
  } catch (const std::exception&) {
    // The next process does it.
    return absl::ResourceExhaustedError("");
  }
}

void ReportThrown(const char* what) noexcept {
  finalize::ReportEntry entry;
  entry.name = "reap callback";  // short: no allocation
  entry.outcome = finalize::ReportEntry::Outcome::kFailed;
  try {
    entry.status = absl::UnknownError(what);
  } catch (const std::exception&) {
    entry.status = absl::Status(absl::StatusCode::kUnknown, "");
  }
  finalize::ReportFailure(entry);
}

void Tell(const Told& told) noexcept {
  const Callback* const current = callback.load(std::memory_order_acquire);
  if (current == nullptr || current->function == nullptr) return;
  try {
    current->function(told.parent, told.report);
  } catch (const std::exception& e) {
    ReportThrown(e.what());
  } catch (...) {
    ReportThrown("an exception of no known type");
  }
}

void* RunTell(void* argument) {
  prctl(PR_SET_NAME, "finalize-reap");
  Tell(*std::unique_ptr<const Told>(static_cast<const Told*>(argument)));
  return nullptr;
}

// For a caller that holds a lock. The report is lost if no thread can be
// started.
void TellOnAThread(const std::string& parent,
                   const absl::StatusOr<tempdir::ReapReport>& report) {
  if (!IsHeard()) return;
  auto told = std::make_unique<Told>(Told{parent, report});
  if (StartBackgroundThread(&RunTell, told.get())) (void)told.release();
}

void* Run(void* argument) {
  prctl(PR_SET_NAME, "finalize-reap");
  const std::unique_ptr<std::string> parent(
      static_cast<std::string*>(argument));
  std::optional<absl::StatusOr<tempdir::ReapReport>> report;
  {
    const finalize::CrashGate gate;
    if (!gate.refused()) report.emplace(ReapWithinTime(*parent));
  }
  if (report) Tell({*parent, *std::move(report)});
  return nullptr;
}

}  // namespace

bool ReapsByItself() {
  const Switch position = chosen.load(std::memory_order_relaxed);
  if (position != Switch::kUntouched) return position == Switch::kOn;
  const char* const value = secure_getenv(kReapVariable);
  return value == nullptr || strcmp(value, "0") != 0;
}

void ReapInBackground(const std::string& parent) {
  if (!ReapsByItself() || !IsFirstUse(parent)) return;
  auto argument = std::make_unique<std::string>(parent);
  if (StartBackgroundThread(&Run, argument.get())) (void)argument.release();
}

bool ReapToFreeSpace(const std::string& parent) {
  if (!ReapsByItself()) return false;
  const auto report = ReapWithinTime(parent);
  TellOnAThread(parent, report);
  return report.ok();
}

void EnableAutomaticReap(bool enabled) {
  chosen.store(enabled ? Switch::kOn : Switch::kOff, std::memory_order_relaxed);
}

void TellAutomaticReaps(tempdir::AutomaticReapCallback function) {
  const Callback* replaced = callback.load(std::memory_order_acquire);
  for (;;) {
    const auto* made = new Callback{function, replaced};
    if (callback.compare_exchange_strong(replaced, made,
                                         std::memory_order_acq_rel)) {
      return;
    }
    delete made;
  }
}

}  // namespace tempdir_internal
