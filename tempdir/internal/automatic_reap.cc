#include "tempdir/internal/automatic_reap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "finalize/crash_gate.h"
#include "finalize/owner_process.h"
#include "tempdir/internal/background_thread.h"
#include "tempdir/internal/process_root.h"
#include "tempdir/internal/reap_parent.h"

namespace tempdir_internal {
namespace {

constexpr absl::Duration kTimeLimit = absl::Seconds(10);
// From then on parents are no longer remembered, nor looked through.
constexpr size_t kMostParents = 256;

// A parent that a process has looked through. They are never freed, and there
// is no lock that a fork could find held.
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
    if (count >= kMostParents) return false;
    const auto* made = new Seen{process, parent, count + 1, head};
    if (seen.compare_exchange_strong(head, made, std::memory_order_acq_rel)) {
      return true;
    }
    delete made;
  }
  return false;
}

// Nobody has asked, so nobody is told more.
bool ReapQuietly(const std::string& parent) {
  tempdir::ReapOptions options;
  options.time_limit = kTimeLimit;
  try {
    CheckProcessRoots();
    return ReapParent(parent, options).ok();
  } catch (...) {
    // For want of memory: the next process does it.
    return false;
  }
}

void* Run(void* argument) {
  prctl(PR_SET_NAME, "finalize-reap");
  const std::unique_ptr<std::string> parent(
      static_cast<std::string*>(argument));
  const finalize::CrashGate gate;
  if (!gate.refused()) ReapQuietly(*parent);
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

bool ReapForRoom(const std::string& parent) {
  return ReapsByItself() && ReapQuietly(parent);
}

void EnableAutomaticReap(bool enabled) {
  chosen.store(enabled ? Switch::kOn : Switch::kOff, std::memory_order_relaxed);
}

}  // namespace tempdir_internal
