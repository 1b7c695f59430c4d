// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/owned_directory.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "finalize/crash_gate.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/owned/destination.h"
#include "tempdir/internal/owned/keep_entry.h"
#include "tempdir/internal/owned/refusal.h"
#include "tempdir/internal/owned/removal_failure.h"
#include "tempdir/internal/owned/rename_away.h"
#include "tempdir/internal/reap/automatic_reap.h"
#include "tempdir/internal/root/directory_lock.h"
#include "tempdir/internal/root/parent_directory.h"
#include "tempdir/internal/system/background_thread.h"

namespace tempdir_internal {
namespace {

using finalize::CrashGate;
using finalize::EscapedText;

// Returns whether there may be space now, because temp dirs have been removed
// meanwhile: after `finished` of them there was none.
bool WaitForRoom(uint64_t finished) {
  constexpr absl::Duration kMaxWait = absl::Seconds(30);
  AwaitRemovals(kMaxWait);
  return FinishedRemovalCount() != finished;
}

}  // namespace

OwnedDirectory::OwnedDirectory(tempdir::TempDirOptions options)
    : OwnedEntry(std::move(options)) {}

OwnedDirectory::~OwnedDirectory() {
  if (!has_root()) return;
  const CrashGate gate;
  if (!gate.refused()) ReleaseRoot();
}

bool OwnedDirectory::IsOurs() const { return owner_.IsThis(); }

std::string_view OwnedDirectory::description() const {
  return state_.load(std::memory_order_acquire) == State::kCreating
             ? std::string_view(options().prefix())
             : std::string_view(path().native());
}

absl::Status OwnedDirectory::NotLive(State state) const {
  switch (state) {
    case State::kCreating:
    case State::kNothing:
      return NeverMade(kind());
    case State::kKept:
      return WasKept(kept_path_.native());
    default:
      return WasRemoved(path().native());
  }
}

absl::Status OwnedDirectory::Ended(State state) const {
  const bool done = state == State::kRemoved ||
                    state == State::kRemovingInBackground ||
                    (state == State::kKept && keep_always());
  return done ? absl::OkStatus() : NotLive(state);
}

void OwnedDirectory::Settle(State state) {
  state_.store(state, std::memory_order_release);
  CountKept(state == State::kLive);
  if (state == State::kLive || state == State::kRemovingInBackground) return;
  ReleaseRoot();
}

absl::Status OwnedDirectory::Create() {
  if (CrashGate::Refuses()) return Crashing(description());
  // If that fails there are no threads, and their work is done at once.
  if (options().remove_in_background() || ReapsByItself())
    PrepareBackgroundThreads();
  absl::Status status = CreateInParent();
  if (status.ok()) return status;
  ForkMutexHolder lock(mutex_);
  if (state_ == State::kCreating) Settle(State::kNothing);
  return status;
}

// The waits for space are outside of the mutex: CancelCreation() does not wait
// for them.
absl::Status OwnedDirectory::CreateInParent() {
  absl::Status status = CheckOptions();
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> parent = ParentPath(options().parent());
  if (!parent.ok()) return parent.status();
  // A root that vanished after it was looked at is replaced by a new one.
  constexpr int kTries = 4;
  bool waited = false, reaped = false;
  for (int tries = 0; tries < kTries; ++tries) {
    bool again = false;
    const uint64_t finished = FinishedRemovalCount();
    status = TryToCreate(*parent, &again);
    if (absl::IsResourceExhausted(status)) {
      if (!std::exchange(waited, true)) again |= WaitForRoom(finished);
      if (!again && !canceled_ && !std::exchange(reaped, true)) {
        again = ReapToFreeSpace(*parent);
      }
    }
    if (!again) break;
  }
  return status;
}

absl::Status OwnedDirectory::TryToCreate(const std::string& parent,
                                         bool* again) {
  ForkMutexHolder lock(mutex_);
  if (canceled_) {
    return absl::CancelledError(
        absl::StrCat("the process is ending: no ", kind(), " is created"));
  }
  absl::Status status = MakeIn(parent, again);
  if (!status.ok()) return status;
  Settle(State::kLive);
  if (root().TakeFirstUse()) ReapInBackground(parent);
  return canceled_ ? Undo() : status;
}

// If it cannot be removed it stays live, for the trigger that waits for the
// lock: that tries again, and reports a failure.
absl::Status OwnedDirectory::Undo() {
  const CrashGate gate;
  if (gate.refused()) return Crashing(description());
  last_failure_ = RemoveFromDisk();
  if (last_failure_.ok()) Settle(State::kNothing);
  return absl::CancelledError(absl::StrCat(
      "the process is ending: ", EscapedText(path().native()),
      " was created and ",
      last_failure_.ok() ? "removed again" : last_failure_.ToString()));
}

absl::Status OwnedDirectory::MakeIn(const std::string& parent, bool* again) {
  const CrashGate gate(CrashGate::Use::kMake);
  if (gate.refused()) return Crashing(description());
  auto root = ProcessRoot::Acquire(parent, home());
  if (!root.ok()) return root.status();
  absl::Status status = OwnedEntry::Create(*root);
  if (status.ok()) return status;
  *again = !(*root)->IsUsable() && !absl::IsInvalidArgument(status);
  (*root)->Release();
  return status;
}

bool OwnedDirectory::CancelCreation() {
  canceled_ = true;
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return false;
  // The creator does not hold the lock: it will find that it is canceled.
  if (state_ == State::kCreating) return true;
  return state_ == State::kNothing;
}

absl::Status OwnedDirectory::RemoveAfter(uint32_t seen) {
  if (!IsOurs()) return NotOurs(path().native());
  // One that has no root creates a name (RenameAway).
  const CrashGate gate(options().direct() ? CrashGate::Use::kMake
                                          : CrashGate::Use::kRemove);
  if (gate.refused()) return Crashing(description());
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork(description());
  const State state = state_;
  if (state != State::kLive && state != State::kRemovingInBackground)
    return Ended(state);
  if (attempts() != seen) return last_failure_;
  if (keep_always()) {
    last_failure_ = KeepNow(/*failed=*/false);
    if (last_failure_.ok()) {
      PrintKept(*this, kept_path_.native(), kKeepVariable);
    }
  } else if (RemoveAtOnce()) {
    last_failure_ = absl::OkStatus();
    Settle(State::kRemoved);
  } else if (Enqueue()) {
    last_failure_ = absl::OkStatus();
    Settle(State::kRemovingInBackground);
  } else {
    last_failure_ = RemoveCompletely();
    Settle(last_failure_.ok() ? State::kRemoved : State::kLive);
  }
  attempts_.fetch_add(1, std::memory_order_acq_rel);
  return last_failure_;
}

absl::Status OwnedDirectory::Outcome() {
  if (CrashGate::Refuses()) return Crashing(description());
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork(description());
  return state_ == State::kLive ? last_failure_ : Ended(state_);
}

absl::Status OwnedDirectory::RemoveImplicitly() {
  if (!IsOurs() || removing()) return absl::OkStatus();
  if (KeepsOnEnd()) {
    const CrashGate gate(CrashGate::Use::kMake);
    if (gate.refused()) return Crashing(description());
    ForkMutexHolder lock(mutex_);
    if (!lock.held()) return CaughtByFork(description());
    if (state_ != State::kLive) return absl::OkStatus();
    last_failure_ = KeepNow(/*failed=*/!keep_always());
    if (last_failure_.ok()) {
      PrintKept(*this, kept_path_.native(), "its owner failed");
    }
    attempts_.fetch_add(1, std::memory_order_acq_rel);
    return last_failure_;
  }
  absl::Status status = Remove();
  return kept() ? absl::OkStatus() : status;
}

bool OwnedDirectory::Enqueue() {
  if (!options().remove_in_background() || renamed() || !AcceptsRemovals())
    return false;
  std::shared_ptr<OwnedDirectory> self = weak_from_this().lock();
  return self != nullptr && RenameAway(*this) &&
         EnqueueRemoval(std::move(self));
}

absl::Status OwnedDirectory::RemoveQueued() {
  const CrashGate gate;
  if (gate.refused()) return absl::OkStatus();
  ForkMutexHolder lock(mutex_);
  if (!lock.held() || state_ != State::kRemovingInBackground)
    return absl::OkStatus();
  absl::Status status;
  try {
    status = RemoveFromDisk();
    if (!status.ok()) {
      status =
          absl::Status(status.code(), absl::StrCat(status.message(), " (in ",
                                                   EscapedText(root().path()),
                                                   "/", name(), ")"));
    }
  } catch (const std::exception&) {
    status = absl::ResourceExhaustedError("no memory to remove a temp dir");
  }
  last_failure_ = status;
  Settle(status.ok() ? State::kRemoved : State::kLive);
  attempts_.fetch_add(1, std::memory_order_acq_rel);
  return status;
}

bool OwnedDirectory::FinishRemoval() noexcept {
  const absl::Status status = RemoveQueued();
  if (status.ok()) return true;
  const bool again =
      retry_ != nullptr && !lost() && retry_(weak_from_this().lock());
  HandleFailure(*this, status, again ? LeftToExit() : LeftToReaper(*this));
  return retry_ == nullptr || again;
}

absl::Status OwnedDirectory::KeepNow(bool failed) {
  absl::StatusOr<std::string> kept =
      failed ? KeepFailedEntry(*this) : KeepEntry(*this);
  if (!kept.ok()) return kept.status();
  kept_path_ = *kept;
  Settle(State::kKept);
  return absl::OkStatus();
}

absl::StatusOr<tempdir::Path> OwnedDirectory::Keep() {
  if (!IsOurs()) return NotOurs(path().native());
  const CrashGate gate(CrashGate::Use::kMake);
  if (gate.refused()) return Crashing(description());
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork(description());
  if (state_ == State::kKept) return kept_path_;
  if (state_ != State::kLive) return NotLive(state_);
  absl::Status status = KeepNow(/*failed=*/false);
  if (!status.ok()) return status;
  return kept_path_;
}

absl::StatusOr<tempdir::Path> OwnedDirectory::KeepAt(
    std::string_view destination, tempdir::IfExists if_exists) {
  if (!IsOurs()) return NotOurs(path().native());
  const CrashGate gate(CrashGate::Use::kMake);
  if (gate.refused()) return Crashing(description());
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork(description());
  if (state_ != State::kLive) return NotLive(state_);
  absl::StatusOr<Destination> opened = Destination::Open(destination);
  if (!opened.ok()) return opened.status();
  const absl::StatusOr<bool> moved = PublishEntry(*this, *opened, if_exists);
  if (!moved.ok()) return moved.status();
  if (*moved) {
    kept_path_ = opened->path();
    Settle(State::kKept);
  }
  return tempdir::Path(opened->path());
}

absl::StatusOr<int> OwnedDirectory::OpenLock() {
  if (!IsOurs()) return NotOurs(path().native());
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork(description());
  if (state_ != State::kLive) return NotLive(state_);
  const bool in_parent = home() == ProcessRoot::Home::kParent;
  if (in_parent && is_file()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no lock keeps reapers away from ",
                     EscapedText(path().native()), ": it is kept"));
  }
  absl::StatusOr<int> fd = root().Descriptor();
  if (!fd.ok()) return fd.status();
  return OpenLocked(*fd, in_parent ? name().c_str() : ".");
}

}  // namespace tempdir_internal
