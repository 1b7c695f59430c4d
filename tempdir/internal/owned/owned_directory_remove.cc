// How a temp dir is removed.

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "finalize/crash_gate.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/owned/lost_directory.h"
#include "tempdir/internal/owned/owned_directory.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/system/compared_devices.h"
#include "tempdir/internal/system/exit_patience.h"
#include "tempdir/remove_tree_options.h"

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
      return absl::FailedPreconditionError(
          absl::StrCat("no ", kind(), " was made"));
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
  const bool done = state == State::kRemoved ||
                    state == State::kRemovingInBackground ||
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
  if (state != State::kLive && state != State::kRemovingInBackground)
    return Ended(state);
  if (attempts() != seen) return last_failure_;
  if (keep_always_) {
    last_failure_ = KeepLocked();
    if (last_failure_.ok()) SayKept(kKeepVariable);
  } else if (RemoveAtOnce()) {
    last_failure_ = absl::OkStatus();
    Settle(State::kRemoved);
  } else if (EnqueueLocked()) {
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
  if (finalize::CrashGate::Refuses()) return Crashing();
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork();
  return state_ == State::kLive ? last_failure_ : Ended(state_);
}

// An empty directory, the usual case, takes two system calls. The descriptor is
// not checked here: what is not found through it is looked for again.
bool OwnedDirectory::RemoveAtOnce() {
  const int fd = root_->fd();
  return identity_->IsAt(fd, name_.c_str()) &&
         unlinkat(fd, name_.c_str(), AT_REMOVEDIR) == 0;
}

absl::Status OwnedDirectory::RemoveLocked() {
  return RemoveAtOnce() ? absl::OkStatus() : RemoveCompletely();
}

absl::Status OwnedDirectory::RemoveCompletely() {
  SetLost(false);
  absl::StatusOr<int> fd = root_->Descriptor();
  if (!fd.ok()) return fd.status();
  absl::StatusOr<DirectoryIdentity> identity =
      identity_->FindAt(*fd, name_.c_str());
  if (identity.ok()) return RemoveFound(*fd, *identity);
  const bool replaced = absl::IsFailedPrecondition(identity.status());
  if (!replaced && !absl::IsNotFound(identity.status())) {
    return absl::Status(
        identity.status().code(),
        absl::StrCat("cannot remove ", EscapedText(path_.native()), ": ",
                     identity.status().message()));
  }
  return NotThere(replaced, FindLostDirectory(*fd, *root_, *identity_));
}

absl::Status OwnedDirectory::RemoveFound(int root_fd,
                                         const DirectoryIdentity& identity) {
  tempdir::RemoveTreeOptions options;
  options.compare_devices = TempDirsCompareDevices();
  options.writer_timeout = ExitPatience(options.writer_timeout);
  tempdir::RemoveTreeStats stats;
  absl::Status status = RemoveTreeAt(root_fd, name_.c_str(), identity, options,
                                     &stats, path_.native());
  if (!status.ok()) SpendExitPatience(stats.elapsed);
  return status;
}

absl::Status OwnedDirectory::NotThere(bool replaced,
                                      const std::string& elsewhere) {
  if (!replaced && elsewhere.empty()) return absl::OkStatus();
  SetLost(true);
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
  if (!IsOurs() || removing()) return absl::OkStatus();
  if (KeepsOnEnd()) {
    const finalize::CrashGate gate;
    if (gate.refused()) return Crashing();
    ForkMutexHolder lock(mutex_);
    if (!lock.held()) return CaughtByFork();
    if (state_ != State::kLive) return absl::OkStatus();
    absl::Status status = keep_always_ ? KeepLocked() : KeepFailure();
    if (status.ok()) SayKept("its owner failed");
    return status;
  }
  absl::Status status = Remove();
  return kept() ? absl::OkStatus() : status;
}

}  // namespace tempdir_internal
