#include "tempdir/internal/owned_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "tempdir/internal/directory_identity.h"
#include "tempdir/internal/kept_directory.h"
#include "tempdir/internal/lost_directory.h"
#include "tempdir/internal/parent_directory.h"
#include "tempdir/internal/private_directory.h"
#include "tempdir/internal/remove_tree_at.h"

namespace tempdir_internal {
namespace {

constexpr char kKeepVariable[] = "FINALIZE_KEEP_TEMP_DIRS";

bool KeepsAll() {
  const char* const value = secure_getenv(kKeepVariable);
  return value != nullptr && *value != '\0' && strcmp(value, "0") != 0;
}

}  // namespace

OwnedDirectory::OwnedDirectory(tempdir::TempDirOptions options)
    : options_(std::move(options)), keep_always_(KeepsAll()) {}

OwnedDirectory::~OwnedDirectory() {
  if (root_ != nullptr) root_->Release();
}

bool OwnedDirectory::IsOurs() const { return owner_.IsThis(); }

std::string_view OwnedDirectory::description() const {
  return state_.load(std::memory_order_acquire) == State::kCreating
             ? std::string_view(options_.prefix())
             : std::string_view(path_.native());
}

void OwnedDirectory::Settle(State state) {
  state_.store(state, std::memory_order_release);
  if (state != State::kLive && root_ != nullptr) {
    std::exchange(root_, nullptr)->Release();
  }
}

absl::Status OwnedDirectory::Create() {
  ForkMutexHolder lock(mutex_);
  absl::Status status =
      doomed_ ? absl::CancelledError(
                    "the process is ending: no temporary directory is made")
              : Make();
  if (!status.ok()) {
    Settle(State::kNothing);
    return status;
  }
  if (!doomed_) {
    Settle(State::kLive);
    return status;
  }
  // What cannot go stays live, for the trigger that waits for the lock.
  status = RemoveLocked();
  if (status.ok()) Settle(State::kNothing);
  return absl::CancelledError(
      absl::StrCat("the process is ending: ", path_.native(), " was made and ",
                   status.ok() ? "removed again" : status.ToString()));
}

absl::Status OwnedDirectory::Make() {
  absl::Status status = CheckTempDirOptions(options_);
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> parent = ParentPath(options_.parent());
  if (!parent.ok()) return parent.status();
  const ProcessRoot::Idle idle = options_.parent().empty()
                                     ? ProcessRoot::Idle::kKeep
                                     : ProcessRoot::Idle::kRemove;
  // A root that vanished after it was looked at is replaced by a new one.
  constexpr int kTries = 3;
  for (int tries = 0; tries < kTries; ++tries) {
    bool again = false;
    status = MakeIn(*parent, idle, &again);
    if (!again) break;
  }
  return status;
}

absl::Status OwnedDirectory::MakeIn(const std::string& parent,
                                    ProcessRoot::Idle idle, bool* again) {
  auto root = ProcessRoot::Acquire(parent, idle);
  if (!root.ok()) return root.status();
  const std::string& root_path = (*root)->path();
  absl::Status status;
  if (root_path.size() + options_.prefix().size() + kNameLetters +
          options_.suffix().size() + 2 >
      PATH_MAX) {
    status = absl::InvalidArgumentError(
        absl::StrCat("too long a path for a temporary directory: ", root_path));
  }
  if (status.ok()) {
    auto made = MakePrivateDirectory(
        (*root)->fd(), {options_.prefix(), options_.suffix(), kNameLetters,
                        options_.mode(), root_path});
    status = made.status();
    if (made.ok()) {
      root_ = *root;
      name_ = std::move(made->name);
      identity_.emplace(std::move(made->identity));
      path_ = absl::StrCat(root_path, "/", name_);
      return status;
    }
  }
  *again = !(*root)->IsUsable() && !absl::IsInvalidArgument(status);
  (*root)->Release();
  return status;
}

bool OwnedDirectory::Doom() {
  doomed_ = true;
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return false;
  // The creator has not come so far: it will find that it is doomed.
  if (state_ == State::kCreating) return true;
  return state_ == State::kNothing;
}

absl::Status OwnedDirectory::NotOurs() const {
  return absl::FailedPreconditionError(
      absl::StrCat("belongs to the process that made it: ", path_.native()));
}

absl::Status OwnedDirectory::CaughtByFork() const {
  const std::string_view what = description();
  return absl::FailedPreconditionError(
      absl::StrCat("another thread was at work on it when this process was "
                   "forked: ",
                   absl::string_view(what.data(), what.size())));
}

absl::Status OwnedDirectory::NotLive(State state) const {
  switch (state) {
    case State::kCreating:
    case State::kNothing:
      return absl::FailedPreconditionError("no temporary directory was made");
    case State::kKept:
      return absl::FailedPreconditionError(
          absl::StrCat("was kept: ", kept_path_.native()));
    default:
      return absl::FailedPreconditionError(
          absl::StrCat("was removed: ", path_.native()));
  }
}

// What Remove() answers where there is nothing to remove any more.
absl::Status OwnedDirectory::Ended(State state) const {
  const bool done =
      state == State::kRemoved || (state == State::kKept && keep_always_);
  return done ? absl::OkStatus() : NotLive(state);
}

absl::Status OwnedDirectory::RemoveAfter(uint32_t seen) {
  if (!IsOurs()) return NotOurs();
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork();
  if (state_ != State::kLive) return Ended(state_);
  if (attempts() != seen) return last_failure_;
  last_failure_ = keep_always_ ? KeepAndSay(kKeepVariable) : RemoveLocked();
  if (last_failure_.ok() && !keep_always_) Settle(State::kRemoved);
  attempts_.fetch_add(1, std::memory_order_acq_rel);
  return last_failure_;
}

absl::Status OwnedDirectory::Outcome() {
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return CaughtByFork();
  return state_ == State::kLive ? last_failure_ : Ended(state_);
}

// An empty directory, the usual case, takes two system calls. The descriptor is
// not checked here: what is not found through it is looked for again.
absl::Status OwnedDirectory::RemoveLocked() {
  const int fd = root_->fd();
  if (identity_->IsAt(fd, name_.c_str()) &&
      unlinkat(fd, name_.c_str(), AT_REMOVEDIR) == 0) {
    return absl::OkStatus();
  }
  return RemoveTreeLocked();
}

absl::Status OwnedDirectory::RemoveTreeLocked() {
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
    return absl::Status(
        found.code(),
        absl::StrCat("cannot remove ", path_.native(), ": ", found.message()));
  }
  const std::string elsewhere = FindLostDirectory(root_fd, *root_, *identity_);
  if (!replaced && elsewhere.empty()) return absl::OkStatus();
  std::string message = path_.native();
  if (replaced) absl::StrAppend(&message, " is another one by now");
  if (replaced && !elsewhere.empty())
    absl::StrAppend(&message, ": the own one");
  if (!elsewhere.empty()) {
    absl::StrAppend(&message, " was moved to ", elsewhere,
                    " and is left there");
  }
  return absl::FailedPreconditionError(message);
}

absl::Status OwnedDirectory::RemoveImplicitly() {
  if (!IsOurs()) return absl::OkStatus();
  if (KeepsOnEnd()) {
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
  absl::StatusOr<std::string> kept =
      MoveOutOfReach({*fd, name_, path_.native(), root_->parent(),
                      options_.prefix(), options_.suffix()},
                     *identity_);
  if (!kept.ok()) return kept.status();
  kept_path_ = *kept;
  Settle(State::kKept);
  return absl::OkStatus();
}

absl::Status OwnedDirectory::KeepAndSay(std::string_view why) {
  absl::Status status = KeepLocked();
  if (!status.ok()) return status;
  const std::string line = absl::StrCat(
      "finalize: kept the temporary directory ", kept_path_.native(), " (",
      absl::string_view(why.data(), why.size()), ")\n");
  // Nothing better can be done where standard error is closed.
  (void)!write(STDERR_FILENO, line.data(), line.size());
  return status;
}

}  // namespace tempdir_internal
