// How a temp dir is removed in the background.

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "finalize/crash_gate.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/owned/owned_directory.h"
#include "tempdir/internal/owned/removal_failure.h"
#include "tempdir/internal/system/random_name.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

constexpr char kRemovingPrefix[] = ".removing-";

// Of one that has no root: a reaper has to know it, and to leave it alone where
// it may not see the lock.
std::string RemovingName(bool directly, bool lock_is_seen) {
  std::string name = directly ? RootPrefix(geteuid()) : kRemovingPrefix;
  if (!AppendRandomLetters(&name, kRootLetters)) return "";
  if (directly) name.append(lock_is_seen ? kReapedSuffix : kLiveSuffix);
  return name;
}

}  // namespace

bool OwnedDirectory::EnqueueLocked() {
  if (!options_.background() || renamed_ || !AcceptsRemovals()) return false;
  std::shared_ptr<OwnedDirectory> self = weak_from_this().lock();
  return self != nullptr && RenameAway() && EnqueueRemoval(std::move(self));
}

bool OwnedDirectory::RenameAway() {
  // A crash finds it by its name: by none in between, and waits for this.
  if (hold_ != nullptr && !root_->ReleaseHold(hold_.get())) return false;
  std::string removing = RemovingName(options_.directly(), guarantees_.lock);
  renamed_ = !removing.empty() && RenameTo(removing);
  if (renamed_) name_ = std::move(removing);
  if (hold_ != nullptr) {
    root_->EnterHold(hold_.get(), name_);
    if (counted_kept_) hold_->entry.CountKept(1);
  }
  return renamed_;
}

bool OwnedDirectory::RenameTo(const std::string& removing) {
  const int fd = root_->fd();
  if (renameat2(fd, name_.c_str(), fd, removing.c_str(), RENAME_NOREPLACE) !=
      0) {
    return false;
  }
  if (identity_->IsAt(fd, removing.c_str())) return true;
  renameat2(fd, removing.c_str(), fd, name_.c_str(), RENAME_NOREPLACE);
  return false;
}

absl::Status OwnedDirectory::FinishLocked() {
  const finalize::CrashGate gate;
  if (gate.refused()) return absl::OkStatus();
  ForkMutexHolder lock(mutex_);
  if (!lock.held() || state_ != State::kRemovingInBackground)
    return absl::OkStatus();
  absl::Status status;
  try {
    status = RemoveLocked();
    if (!status.ok()) {
      status =
          absl::Status(status.code(), absl::StrCat(status.message(), " (in ",
                                                   EscapedText(root_->path()),
                                                   "/", name_, ")"));
    }
  } catch (const std::exception&) {
    status = absl::ResourceExhaustedError("no memory to remove a temp dir");
  }
  last_failure_ = status;
  Settle(status.ok() ? State::kRemoved : State::kLive);
  attempts_.fetch_add(1, std::memory_order_acq_rel);
  return status;
}

void OwnedDirectory::FinishRemoval() noexcept {
  const absl::Status status = FinishLocked();
  if (!status.ok()) HandleFailure(*this, status, LeftToReaper(*this));
}

}  // namespace tempdir_internal
