// How a temp dir ends: removed or kept.

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "finalize/crash_gate.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/directory_identity.h"
#include "tempdir/internal/kept_directory.h"
#include "tempdir/internal/lost_directory.h"
#include "tempdir/internal/owned_directory.h"
#include "tempdir/internal/remove_tree_at.h"

namespace tempdir_internal {

using finalize::EscapedText;

absl::Status OwnedDirectory::NotOurs() const {
  return absl::FailedPreconditionError(absl::StrCat(
      "belongs to the process that made it: ", EscapedText(path_.native())));
}

absl::Status OwnedDirectory::Crashing() const {
  return absl::CancelledError(
      absl::StrCat("the process crashed: ", EscapedText(description())));
}

absl::Status OwnedDirectory::CaughtByFork() const {
  return absl::FailedPreconditionError(
      absl::StrCat("another thread was at work on it when this process was "
                   "forked: ",
                   EscapedText(description())));
}

absl::Status OwnedDirectory::NotLive(State state) const {
  switch (state) {
    case State::kCreating:
    case State::kNothing:
      return absl::FailedPreconditionError("no temporary directory was made");
    case State::kKept:
      return absl::FailedPreconditionError(
          absl::StrCat("was kept: ", EscapedText(kept_path_.native())));
    default:
      return absl::FailedPreconditionError(
          absl::StrCat("was removed: ", EscapedText(path_.native())));
  }
}

// What Remove() answers where there is nothing to remove any more.
absl::Status OwnedDirectory::Ended(State state) const {
  const bool done = state == State::kRemoved || state == State::kLeaving ||
                    (state == State::kKept && keep_always_);
  return done ? absl::OkStatus() : NotLive(state);
}

absl::Status OwnedDirectory::RemoveAfter(uint32_t seen) {
  if (!IsOurs()) return NotOurs();
  // One that has no root makes a name for itself (RenameAway).
  const finalize::CrashGate gate(options_.directly()
                                     ? finalize::CrashGate::Use::kMake
                                     : finalize::CrashGate::Use::kRemove);
  if (gate.refused()) return Crashing();
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork();
  const State state = state_;
  if (state != State::kLive && state != State::kLeaving) return Ended(state);
  if (attempts() != seen) return last_failure_;
  if (keep_always_) {
    last_failure_ = KeepAndSay(kKeepVariable);
  } else if (RemoveIfEmpty()) {
    last_failure_ = absl::OkStatus();
    Settle(State::kRemoved);
  } else if (PutOffLocked()) {
    last_failure_ = absl::OkStatus();
    Settle(State::kLeaving);
  } else {
    last_failure_ = RemoveTreeLocked();
    Settle(last_failure_.ok() ? State::kRemoved : State::kLive);
  }
  attempts_.fetch_add(1, std::memory_order_acq_rel);
  return last_failure_;
}

absl::Status OwnedDirectory::Outcome() {
  if (finalize::CrashGate::Refuses()) return Crashing();
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork();
  return state_ == State::kLive ? last_failure_ : Ended(state_);
}

// An empty directory, the usual case, takes two system calls. The descriptor is
// not checked here: what is not found through it is looked for again.
bool OwnedDirectory::RemoveIfEmpty() {
  const int fd = root_->fd();
  return identity_->IsAt(fd, name_.c_str()) &&
         unlinkat(fd, name_.c_str(), AT_REMOVEDIR) == 0;
}

absl::Status OwnedDirectory::RemoveLocked() {
  return RemoveIfEmpty() ? absl::OkStatus() : RemoveTreeLocked();
}

absl::Status OwnedDirectory::RemoveTreeLocked() {
  lost_.store(false, std::memory_order_release);
  absl::StatusOr<int> fd = root_->Descriptor();
  if (!fd.ok()) return fd.status();
  absl::StatusOr<const DirectoryIdentity*> identity =
      identity_->FindAt(*fd, name_.c_str());
  if (!identity.ok()) return NotThere(*fd, identity.status());
  return RemoveTreeAt(*fd, name_.c_str(), **identity, {}, nullptr,
                      path_.native());
}

absl::Status OwnedDirectory::NotThere(int root_fd, const absl::Status& found) {
  const bool replaced = absl::IsFailedPrecondition(found);
  if (!replaced && !absl::IsNotFound(found)) {
    return absl::Status(found.code(), absl::StrCat("cannot remove ",
                                                   EscapedText(path_.native()),
                                                   ": ", found.message()));
  }
  const std::string elsewhere = FindLostDirectory(root_fd, *root_, *identity_);
  if (!replaced && elsewhere.empty()) return absl::OkStatus();
  lost_.store(true, std::memory_order_release);
  std::string message = EscapedText(path_.native());
  if (replaced) absl::StrAppend(&message, " is another one by now");
  if (replaced && !elsewhere.empty())
    absl::StrAppend(&message, ": the own one");
  if (!elsewhere.empty()) {
    absl::StrAppend(&message, " was moved to ", EscapedText(elsewhere),
                    " and is left there");
  }
  return absl::FailedPreconditionError(message);
}

absl::Status OwnedDirectory::RemoveImplicitly() {
  if (!IsOurs() || leaving()) return absl::OkStatus();
  if (KeepsOnEnd()) {
    const finalize::CrashGate gate;
    if (gate.refused()) return Crashing();
    ForkMutexHolder lock(mutex_);
    if (!lock.held()) return CaughtByFork();
    if (state_ != State::kLive) return absl::OkStatus();
    return KeepAndSay("its owner failed");
  }
  absl::Status status = Remove();
  return kept() ? absl::OkStatus() : status;
}

absl::StatusOr<boost::filesystem::path> OwnedDirectory::Keep() {
  if (!IsOurs()) return NotOurs();
  const finalize::CrashGate gate(finalize::CrashGate::Use::kMake);
  if (gate.refused()) return Crashing();
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork();
  if (state_ == State::kKept) return kept_path_;
  if (state_ != State::kLive) return NotLive(state_);
  absl::Status status = KeepLocked();
  if (!status.ok()) return status;
  return kept_path_;
}

absl::Status OwnedDirectory::KeepLocked() {
  absl::StatusOr<int> fd = root_->Descriptor();
  if (!fd.ok()) return fd.status();
  // Not for a crash to remove any more, even if it cannot be moved.
  if (hold_ != nullptr) root_->LeaveHold(hold_.get());
  absl::StatusOr<std::string> kept =
      MoveOutOfReach({*fd, name_, path_.native(), root_->parent(),
                      options_.prefix(), options_.suffix(),
                      keep_always_          ? KeptPlan::From::kItsPlace
                      : options_.directly() ? KeptPlan::From::kRootsName
                                            : KeptPlan::From::kRoot},
                     *identity_);
  if (!kept.ok()) return kept.status();
  kept_path_ = *kept;
  Settle(State::kKept);
  return absl::OkStatus();
}

absl::Status OwnedDirectory::KeepAndSay(std::string_view why) {
  absl::Status status = KeepLocked();
  if (!status.ok()) return status;
  const std::string line =
      absl::StrCat("finalize: kept the temporary directory ",
                   EscapedText(kept_path_.native()), " (",
                   absl::string_view(why.data(), why.size()), ")\n");
  // Nothing better can be done where standard error is closed.
  (void)!write(STDERR_FILENO, line.data(), line.size());
  return status;
}

}  // namespace tempdir_internal
