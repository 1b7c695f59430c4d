#include "tempdir/internal/owned/owned_directory.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "finalize/crash_gate.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/keep_mark.h"
#include "tempdir/internal/marks/root_mark.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/reap/automatic_reap.h"
#include "tempdir/internal/root/parent_directory.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/internal/root/removal_backlog.h"
#include "tempdir/internal/system/background_thread.h"
#include "tempdir/internal/system/random_name.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

using finalize::CrashGate;

bool KeepsAll() {
  const char* const value = secure_getenv(kKeepVariable);
  return value != nullptr && *value != '\0' && strcmp(value, "0") != 0;
}

// Whether others may rename what is made in it.
bool AmongOthers(const ProcessRoot& root) {
  return root.home() == ProcessRoot::Home::kParent ? !root.guarantees().path
                                                   : !root.guarantees().mode;
}

// Whether there may be some now, since temp dirs have left meanwhile: after
// `ended` of them there was none.
bool WaitForRoom(uint64_t ended) {
  constexpr absl::Duration kMaxWait = absl::Seconds(30);
  AwaitRemovals(kMaxWait);
  return FinishedRemovalCount() != ended;
}

}  // namespace

OwnedDirectory::OwnedDirectory(tempdir::TempDirOptions options)
    : options_(std::move(options)), keep_always_(KeepsAll()) {}

OwnedDirectory::~OwnedDirectory() {
  if (root_ == nullptr) return;
  const CrashGate gate;
  if (!gate.refused()) ReleaseRoot();
}

void OwnedDirectory::ReleaseRoot() {
  if (root_ == nullptr) return;
  if (hold_ != nullptr) root_->DropHold(hold_.get());
  std::exchange(root_, nullptr)->Release();
}

bool OwnedDirectory::IsOurs() const { return owner_.IsThis(); }

std::string_view OwnedDirectory::description() const {
  return state_.load(std::memory_order_acquire) == State::kCreating
             ? std::string_view(options_.prefix())
             : std::string_view(path_.native());
}

// A crash is a failure of its owner.
void OwnedDirectory::CountKept(bool live) {
  if (!keep_always_ && !options_.keep_on_failure()) return;
  if (root_ == nullptr || counted_kept_ == live) return;
  counted_kept_ = live;
  const int more = live ? 1 : -1;
  hold_ != nullptr ? hold_->entry.CountKept(more) : root_->CountKept(more);
}

void OwnedDirectory::Settle(State state) {
  state_.store(state, std::memory_order_release);
  CountKept(state == State::kLive);
  if (state == State::kLive || state == State::kRemovingInBackground) return;
  ReleaseRoot();
}

absl::Status OwnedDirectory::Create() {
  if (CrashGate::Refuses()) return Crashing();
  // Where that fails there are no threads, and what they do is not put off.
  if (options_.background() || ReapsByItself()) PrepareBackgroundThreads();
  ForkMutexHolder lock(mutex_);
  absl::Status status =
      cancelled_ ? absl::CancelledError(absl::StrCat(
                       "the process is ending: no ", kind(), " is made"))
                 : Make();
  if (!status.ok()) {
    Settle(State::kNothing);
    return status;
  }
  if (!cancelled_) {
    Settle(State::kLive);
    return status;
  }
  // What cannot go stays live, for the trigger that waits for the lock.
  const CrashGate gate;
  if (gate.refused()) return Crashing();
  status = RemoveLocked();
  if (status.ok()) Settle(State::kNothing);
  return absl::CancelledError(absl::StrCat(
      "the process is ending: ", EscapedText(path_.native()), " was made and ",
      status.ok() ? "removed again" : status.ToString()));
}

absl::Status OwnedDirectory::Make() {
  absl::Status status = CheckOptions();
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> parent = ParentPath(options_.parent());
  if (!parent.ok()) return parent.status();
  // A root that vanished after it was looked at is replaced by a new one.
  constexpr int kTries = 4;
  bool waited = false, reaped = false;
  for (int tries = 0; tries < kTries; ++tries) {
    bool again = false;
    const uint64_t ended = FinishedRemovalCount();
    status = MakeIn(*parent, &again);
    if (absl::IsResourceExhausted(status)) {
      if (!std::exchange(waited, true)) again |= WaitForRoom(ended);
      if (!again && !cancelled_ && !std::exchange(reaped, true)) {
        again = ReapToFreeSpace(*parent);
      }
    }
    if (!again) break;
  }
  if (status.ok() && root_->TakeFirstUse()) ReapInBackground(*parent);
  return status;
}

absl::Status OwnedDirectory::MakeIn(const std::string& parent, bool* again) {
  const CrashGate gate(CrashGate::Use::kMake);
  if (gate.refused()) return Crashing();
  auto root = ProcessRoot::Acquire(parent, home());
  if (!root.ok()) return root.status();
  absl::Status status = MakeInRoot(*root);
  if (status.ok()) return status;
  *again = !(*root)->IsUsable() && !absl::IsInvalidArgument(status);
  (*root)->Release();
  return status;
}

absl::Status OwnedDirectory::MakeInRoot(ProcessRoot* root) {
  if (root->path().size() + options_.prefix().size() + kNameLetters +
          options_.suffix().size() + 2 >
      PATH_MAX) {
    return absl::InvalidArgumentError(absl::StrCat(
        "too long a path for a ", kind(), ": ", EscapedText(root->path())));
  }
  guarantees_ = root->guarantees();
  absl::Status status = MakeEntry(*root);
  if (!status.ok()) return status;
  status = CheckMade(*root);
  if (!status.ok()) {
    hold_.reset();
    unlinkat(root->fd(), name_.c_str(), is_file() ? 0 : AT_REMOVEDIR);
    return status;
  }
  root_ = root;
  path_ = absl::StrCat(root->path() == "/" ? "" : root->path(), "/", name_);
  if (hold_ != nullptr) root_->AddHold(hold_);
  return status;
}

absl::Status OwnedDirectory::CheckMade(const ProcessRoot& root) const {
  if (!root.PathLeadsHere()) {
    return absl::NotFoundError(
        absl::StrCat("another directory stands at ", EscapedText(root.path())));
  }
  if (!options_.require_guarantees() || guarantees_.all()) {
    return absl::OkStatus();
  }
  const char* const missing =
      !guarantees_.path    ? "others may rename what is in it"
      : !guarantees_.mode  ? "its file system does not keep permissions"
      : !guarantees_.owner ? "its file system shows another owner"
                           : "locks are not known to be seen by all there";
  return absl::FailedPreconditionError(
      absl::StrCat("no ", kind(), " is made in ", EscapedText(root.parent()),
                   ": ", missing));
}

absl::Status OwnedDirectory::CheckOptions() const {
  return CheckTempDirOptions(options_);
}

absl::Status OwnedDirectory::MakeEntry(const ProcessRoot& root) {
  auto made =
      options_.directly() && !keep_always_
          ? MakeLocked(root)
          : MakePrivateDirectory(
                root.fd(), {options_.prefix(), options_.suffix(), kNameLetters,
                            options_.mode(), root.path(), &AppendRandomLetters,
                            options_.insists_on_mode(), AmongOthers(root)});
  if (!made.ok()) return made.status();
  name_ = std::move(made->name);
  identity_.emplace(std::move(made->identity));
  Weaken(made->has_mode, made->is_shown_own);
  return absl::OkStatus();
}

absl::Status OwnedDirectory::Identify(int root_fd) {
  auto identity = EntryIdentity::Of(root_fd, name_.c_str());
  if (!identity.ok()) return identity.status();
  identity_.emplace(*std::move(identity));
  return absl::OkStatus();
}

bool OwnedDirectory::IsEntry(int fd) const { return identity_->Is(fd); }

// A reaper may take it before it is locked: then there is another try. Where
// others may not see the lock, its name is one that they leave alone.
absl::StatusOr<PrivateDirectory> OwnedDirectory::MakeLocked(
    const ProcessRoot& root) {
  constexpr int kTries = 100;
  const bool is_short = options_.short_path();
  const std::string prefix =
      is_short ? ShortRootPrefix(geteuid()) : RootPrefix(geteuid());
  const size_t letters = is_short ? kShortRootLetters : kRootLetters;
  const bool live = !root.guarantees().lock;
  absl::Status status;
  for (int tries = 0; tries < kTries; ++tries) {
    auto made = MakePrivateDirectory(
        root.fd(),
        {prefix, live ? kLiveSuffix : "", letters, options_.mode(), root.path(),
         &AppendRandomLetters, options_.insists_on_mode(), AmongOthers(root)});
    status = made.status();
    if (made.ok()) {
      status = LockMade(root, *made);
      if (status.ok()) return made;
      unlinkat(root.fd(), made->name.c_str(), AT_REMOVEDIR);
    }
    if (!absl::IsAborted(status) && !absl::IsNotFound(status)) break;
  }
  return status;
}

absl::Status OwnedDirectory::LockMade(const ProcessRoot& root,
                                      const PrivateDirectory& made) {
  absl::StatusOr<int> fd = OpenLocked(root.fd(), made.name.c_str());
  if (!fd.ok()) return fd.status();
  auto hold = std::make_shared<DirectHold>();
  hold->lock = HeldLock(*fd, made.name);
  if (!made.identity.Is(*fd)) {
    return absl::AbortedError(absl::StrCat(EscapedText(made.name),
                                           " was replaced while it was made"));
  }
  if (!root.guarantees().lock) {
    MarkLiveDirectly(*fd, flock(*fd, LOCK_SH | LOCK_NB) == 0);
  }
  absl::Status status = MarkRoot(*fd, made.name);
  if (status.ok()) hold_ = std::move(hold);
  return status;
}

bool OwnedDirectory::CancelCreation() {
  cancelled_ = true;
  ForkMutexHolder lock(mutex_);
  if (!lock.held()) return false;
  // The creator has not come so far: it will find that it is cancelled.
  if (state_ == State::kCreating) return true;
  return state_ == State::kNothing;
}

}  // namespace tempdir_internal
