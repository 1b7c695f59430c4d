// How a temp dir is kept: moved out of every reaper's reach, or published under
// a given name; and how others keep it from reapers.

#include <fcntl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "finalize/crash_gate.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/owned/destination.h"
#include "tempdir/internal/owned/failure_directory.h"
#include "tempdir/internal/owned/kept_directory.h"
#include "tempdir/internal/owned/owned_directory.h"
#include "tempdir/internal/root/directory_lock.h"
#include "tempdir/kept_failures.h"

namespace tempdir_internal {

using finalize::EscapedText;

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

absl::StatusOr<boost::filesystem::path> OwnedDirectory::KeepAt(
    std::string_view destination, tempdir::IfExists if_exists) {
  if (!IsOurs()) return NotOurs();
  const finalize::CrashGate gate(finalize::CrashGate::Use::kMake);
  if (gate.refused()) return Crashing();
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork();
  if (state_ != State::kLive) return NotLive(state_);
  absl::StatusOr<Destination> opened = Destination::Open(destination);
  if (!opened.ok()) return opened.status();
  absl::Status status = PublishLocked(*opened, if_exists);
  if (!status.ok()) return status;
  return boost::filesystem::path(opened->path());
}

absl::StatusOr<int> OwnedDirectory::OpenLock() {
  if (!IsOurs()) return NotOurs();
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork();
  if (state_ != State::kLive) return NotLive(state_);
  absl::StatusOr<int> fd = root_->Descriptor();
  if (!fd.ok()) return fd.status();
  const bool own = home() == ProcessRoot::Home::kParent && !is_file();
  return OpenLocked(*fd, own ? name_.c_str() : ".");
}

// What is there may come and go meanwhile: each step fails if it has.
absl::Status OwnedDirectory::PublishLocked(const Destination& destination,
                                           tempdir::IfExists if_exists) {
  absl::StatusOr<int> fd = root_->Descriptor();
  if (!fd.ok()) return fd.status();
  if (absl::Status there = CheckEntry(*fd); !there.ok()) return there;
  if (if_exists == tempdir::IfExists::kExchange) {
    absl::Status status = Exchange(*fd, destination);
    if (!absl::IsNotFound(status)) return status;
  }
  // Not for a crash to remove any more.
  if (hold_ != nullptr && !root_->ReleaseHold(hold_.get())) return Crashing();
  absl::Status status =
      destination.Receive({*fd, name_, path_.native(), is_file()});
  if (!status.ok()) {
    if (hold_ != nullptr) root_->EnterHold(hold_.get(), name_);
    return status;
  }
  kept_path_ = destination.path();
  UnmarkKept();
  Settle(State::kKept);
  return status;
}

absl::Status OwnedDirectory::Exchange(int root_fd,
                                      const Destination& destination) {
  if (hold_ != nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot exchange a temp dir that was made WithoutProcessRoot(): ",
        EscapedText(path_.native())));
  }
  const MovedEntry entry = {root_fd, name_, path_.native(), is_file()};
  absl::Status status = destination.Exchange(entry);
  if (!status.ok()) return status;
  if (identity_) identity_->UnmarkAt(destination.path().c_str());
  status = Identify(root_fd);
  if (!status.ok()) destination.Exchange(entry).IgnoreError();
  return status;
}

absl::Status OwnedDirectory::CheckEntry(int root_fd) const {
  constexpr int kHeld = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  const int entry = openat(root_fd, name_.c_str(), kHeld);
  const bool is = entry >= 0 && IsEntry(entry);
  if (entry >= 0) close(entry);
  if (is) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      EscapedText(path_.native()),
      entry < 0 ? " is not there any more" : " is another by now"));
}

absl::Status OwnedDirectory::KeepLocked() {
  absl::StatusOr<int> fd = root_->Descriptor();
  if (!fd.ok()) return fd.status();
  // Not for a crash to remove any more, even if it cannot be moved.
  if (hold_ != nullptr) root_->ReleaseHold(hold_.get());
  absl::StatusOr<std::string> kept =
      MoveOutOfReach({*fd, name_, path_.native(), root_->parent(),
                      options_.prefix(), options_.suffix(),
                      keep_always_          ? KeepRequest::From::kAlreadyInPlace
                      : options_.directly() ? KeepRequest::From::kDirectInParent
                                            : KeepRequest::From::kRoot,
                      is_file()},
                     [this](int entry) { return IsEntry(entry); });
  if (!kept.ok()) return kept.status();
  kept_path_ = *kept;
  UnmarkKept();
  Settle(State::kKept);
  return absl::OkStatus();
}

// It is nobody's root any more, whatever name it gets.
void OwnedDirectory::UnmarkKept() {
  if (hold_ != nullptr) hold_->lock.Unmark();
  if (identity_) identity_->UnmarkAt(kept_path_.c_str());
}

absl::Status OwnedDirectory::KeepFailure() {
  absl::StatusOr<int> fd = root_->Descriptor();
  if (!fd.ok()) return fd.status();
  if (absl::Status there = CheckEntry(*fd); !there.ok()) return there;
  if (!MoveToFailures(*fd).ok()) return KeepLocked();
  UnmarkKept();
  TrimFailuresLikeIt();
  Settle(State::kKept);
  return absl::OkStatus();
}

absl::Status OwnedDirectory::MoveToFailures(int root_fd) {
  // Not for a crash to remove any more.
  if (hold_ != nullptr && !root_->ReleaseHold(hold_.get())) return Crashing();
  const FailedEntry entry = {
      {root_fd, name_, path_.native(), is_file()},
      root_->home() == ProcessRoot::Home::kRoot ? ".." : ".",
      root_->parent(),
      options_.prefix(),
      options_.suffix(),
      options_.mode()};
  absl::StatusOr<std::string> kept = MoveFailure(entry);
  if (kept.ok()) {
    kept_path_ = *kept;
  } else if (hold_ != nullptr) {
    root_->EnterHold(hold_.get(), name_);
  }
  return kept.status();
}

void OwnedDirectory::TrimFailuresLikeIt() const {
  if (options_.keep_last() == 0) return;
  tempdir::TrimOptions options;
  options.keep_last = options_.keep_last();
  options.prefix = options_.prefix();
  // What stays is trimmed by the next one.
  tempdir::TrimKeptFailures(root_->parent(), options).IgnoreError();
}

void OwnedDirectory::SayKept(std::string_view why) const {
  const std::string line = absl::StrCat(
      "finalize: kept the ", kind(), " ", EscapedText(kept_path_.native()),
      " (", absl::string_view(why.data(), why.size()), ")\n");
  // Nothing better can be done where standard error is closed.
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tempdir_internal
