// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/reap/root_reaper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/marks/keep_mark.h"
#include "tempdir/internal/marks/root_mark.h"
#include "tempdir/internal/remove/remove_tree_at.h"
#include "tempdir/internal/root/directory_lock.h"
#include "tempdir/internal/root/parent_directory.h"
#include "tempdir/internal/system/compared_devices.h"
#include "tempdir/internal/system/move_entry.h"
#include "tempdir/internal/system/random_name.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/system/timed_calls.h"
#include "tempdir/internal/system/told_owners.h"
#include "tempdir/remove_tree_options.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

using tempdir::ReapedRoot;
using tempdir::ReapOutcome;

constexpr int kReadable = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr int kHeld = O_PATH | O_DIRECTORY | O_NOFOLLOW;
constexpr mode_t kAllModes = 07777;
constexpr int kMaxNames = 100;

int OpenInPlace(int parent_fd, const char* name, int flags) {
  const int fd = kKernelCalls.open_beneath(parent_fd, name, flags);
  if (fd != -ENOSYS && fd != -EPERM) return fd;
  return kKernelCalls.open(parent_fd, name, flags);
}

void Refuse(ReapedRoot* root, absl::string_view why) {
  root->outcome = ReapOutcome::kRefused;
  root->status = absl::FailedPreconditionError(
      absl::StrCat(EscapedText(root->path), " ", why));
}

void Fail(ReapedRoot* root, absl::string_view doing, int error) {
  root->outcome = ReapOutcome::kFailed;
  root->status = absl::ErrnoToStatus(
      error, absl::StrCat("cannot ", doing, " ", EscapedText(root->path)));
}

// Except for a live mark that was never completed.
bool IsEmpty(int fd) {
  const int own = kKernelCalls.open(fd, ".", O_RDONLY | O_DIRECTORY);
  DIR* const entries = own < 0 ? nullptr : fdopendir(own);
  if (entries == nullptr) {
    if (own >= 0) kKernelCalls.close(own);
    return false;
  }
  bool empty = true;
  while (empty) {
    const dirent* const entry = readdir(entries);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    empty = name == "." || name == ".." ||
            (name == kUnfinishedMark && HoldsUnfinishedMark(fd));
  }
  closedir(entries);
  return empty;
}

int RemoveEmptyDirectory(int fd, int parent_fd, const char* name) {
  if (HoldsUnfinishedMark(fd)) kKernelCalls.remove(fd, kUnfinishedMark, 0);
  return kKernelCalls.remove(parent_fd, name, AT_REMOVEDIR);
}

int Rename(int parent_fd, const char* from, const char* to) {
  return MoveDirectory(kKernelCalls, parent_fd, from, parent_fd, to);
}

const char* WhyNot(RootMark mark, bool is_short) {
  switch (mark) {
    case RootMark::kSet:
      return "is in a parent where others may rename";
    case RootMark::kOfAnother:
      return "is a copy: its mark is that of another directory";
    case RootMark::kMissing:
      return "has no mark of a root";
    case RootMark::kUnsupported:
      break;
  }
  return is_short ? "is on a file system without marks, and has a short name"
                  : "is on a file system without marks, in a parent where "
                    "others may rename";
}

}  // namespace

RootReaper::RootReaper(int parent_fd, const std::string& parent,
                       const tempdir::ReapOptions& options, ReapScope scope)
    : parent_fd_(parent_fd),
      parent_(parent),
      options_(options),
      scope_(scope),
      user_(geteuid()),
      user_is_told_(IsToldFromOthers(user_)) {
  struct stat status;
  if (kKernelCalls.examine(parent_fd, "", &status) == 0) {
    device_ = status.st_dev;
    parent_is_closed_ = IsClosedToOthers(status);
  }
}

std::string RootReaper::PathOf(const std::string& name) const {
  return absl::StrCat(parent_ == "/" ? "" : parent_, "/", name);
}

ReapedRoot RootReaper::Reap(const std::string& name, const RootName& form) {
  ReapedRoot root;
  root.path = PathOf(name);
  repaired_from_.reset();
  const int fd = Open(name.c_str(), &root);
  if (fd >= 0) {
    ReapOpened(fd, name, form, &root);
    if (repaired_from_ && root.outcome == ReapOutcome::kRefused) {
      kKernelCalls.change_mode(fd, *repaired_from_);
    }
    kKernelCalls.close(fd);
    return root;
  }
  if (root.outcome == ReapOutcome::kRefused) return root;
  switch (-fd) {
    case ENOENT:
      root.outcome = ReapOutcome::kGone;
      break;
    case ENOTDIR:
    case ELOOP:
      Refuse(&root, "is no directory");
      break;
    case EXDEV:
      Refuse(&root, "is a mount point");
      break;
    default:
      Fail(&root, "open", -fd);
  }
  return root;
}

int RootReaper::Open(const char* name, ReapedRoot* root) {
  int fd = OpenInPlace(parent_fd_, name, kReadable);
  if (fd == -EACCES) fd = OpenRepaired(name, root);
  if (fd < 0 || IsOwn(fd, root)) return fd;
  kKernelCalls.close(fd);
  return -EPERM;
}

// An owner that dies between mkdir and chmod leaves the mode of its umask.
int RootReaper::OpenRepaired(const char* name, ReapedRoot* root) {
  const int held = OpenInPlace(parent_fd_, name, kHeld);
  if (held < 0) return held;
  int fd = -EPERM;
  struct stat status;
  if (IsOwn(held, root) && kKernelCalls.examine(held, "", &status) == 0) {
    repaired_from_ = status.st_mode & kAllModes;
    // Never the sticky bit: it makes a mark valid.
    const mode_t readable = *repaired_from_ | S_IRWXU;
    fd = options_.dry_run ? -EACCES : kKernelCalls.change_mode(held, readable);
    if (fd == 0) fd = kKernelCalls.open(held, ".", kReadable);
  }
  kKernelCalls.close(held);
  return fd;
}

bool RootReaper::IsOwn(int fd, ReapedRoot* root) {
  struct stat status;
  const int result = kKernelCalls.examine(fd, "", &status);
  if (result < 0) {
    Refuse(root, "cannot be examined");
  } else if (status.st_uid != user_) {
    Refuse(root, absl::StrCat("belongs to user ", status.st_uid));
  } else if (!user_is_told_) {
    Refuse(root, absl::StrCat("is shown as belonging to user ", user_,
                              ", as all directories of users that this user "
                              "namespace does not know"));
  } else if (status.st_dev != device_) {
    Refuse(root, "is a mount point");
  } else {
    return true;
  }
  return false;
}

void RootReaper::ReapOpened(int fd, const std::string& name,
                            const RootName& form, ReapedRoot* root) {
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Fail(root, "lock", errno);
    root->outcome = form.reaped ? ReapOutcome::kTaken : ReapOutcome::kInUse;
    return;
  }
  if (!NameMeans(parent_fd_, name.c_str(), fd)) {
    root->outcome = ReapOutcome::kGone;
  } else {
    ReapLocked(fd, name, form, root);
  }
  // A child that is forked at this moment has the lock, too, and may live long.
  if (root->outcome != ReapOutcome::kRemoved) flock(fd, LOCK_UN);
}

void RootReaper::ReapLocked(int fd, const std::string& name,
                            const RootName& form, ReapedRoot* root) {
  const LiveMark mark =
      form.live ? ExamineLiveMarkDirectly(fd) : ExamineLiveMark(fd);
  const Evidence evidence = Examine(fd, form, mark.names_it);
  const KeepMark keep = KeepMarkIn(fd);
  if (keep == KeepMark::kKept) {
    root->outcome = ReapOutcome::kKept;
  } else if (!LockIsSeen(form.live || keep == KeepMark::kLive,
                         mark.same_mount)) {
    root->outcome = ReapOutcome::kUnseen;
  } else if (!evidence.is_root && !evidence.is_root_if_empty) {
    Refuse(root, evidence.why_not);
  } else if (!evidence.is_root) {
    RemoveEmpty(fd, name, evidence.why_not, root);
  } else if (options_.dry_run) {
    Count(fd, name, root);
  } else {
    const std::string taken = form.reaped ? name : TakeAway(fd, name, root);
    if (!taken.empty()) Remove(fd, taken, root);
  }
}

// A live mark in a file proves more than one in an attribute, which other users
// may have set while the directory was open to them.
RootReaper::Evidence RootReaper::Examine(int fd, const RootName& form,
                                         bool live_mark_names_it) const {
  const RootMark mark = RootMarkOf(fd);
  const bool is_named = mark == RootMark::kSet || live_mark_names_it;
  const bool only_owner_marked =
      (live_mark_names_it && !form.live) ||
      (mark == RootMark::kSet && OnlyOwnerCanMark(fd));
  const bool name_is_enough =
      options_.unmarked || (mark == RootMark::kUnsupported && !form.is_short);
  return {
      only_owner_marked || (parent_is_closed_ && (is_named || name_is_enough)),
      is_named || !form.is_short,
      WhyNot(is_named ? RootMark::kSet : mark, form.is_short)};
}

bool RootReaper::LockIsSeen(bool live, bool same_mount) const {
  if (live && options_.unseen_locks) return true;
  if (live) {
    return same_mount &&
           (options_.any_file_system || scope_ == ReapScope::kOwnMount);
  }
  return scope_ == ReapScope::kUnlocked;
}

// A root that was just created has no mark yet, and no contents to lose.
void RootReaper::RemoveEmpty(int fd, const std::string& name, const char* why,
                             ReapedRoot* root) {
  int result = IsEmpty(fd) ? 0 : -ENOTEMPTY;
  if (result == 0 && !options_.dry_run) {
    result = RemoveEmptyDirectory(fd, parent_fd_, name.c_str());
  }
  if (result == -ENOTEMPTY || result == -EEXIST) return Refuse(root, why);
  if (result == -ENOENT) {
    root->outcome = ReapOutcome::kGone;
  } else if (result < 0) {
    Fail(root, "remove", -result);
  } else {
    root->outcome =
        options_.dry_run ? ReapOutcome::kRemovable : ReapOutcome::kRemoved;
    root->entries = 1;
  }
}

std::string RootReaper::TakeAway(int fd, const std::string& name,
                                 ReapedRoot* root) {
  for (int tries = 0; tries < kMaxNames; ++tries) {
    std::string taken = RootPrefix(user_);
    if (!AppendRandomLetters(&taken, kRootLetters)) break;
    taken.append(kReapedSuffix);
    const int result = Rename(parent_fd_, name.c_str(), taken.c_str());
    if (result == -EEXIST) continue;
    if (result == -ENOENT) {
      root->outcome = ReapOutcome::kGone;
    } else if (result == -ENOSPC || result == -EDQUOT) {
      // A longer name may need space; the removal will free some.
      return name;
    } else if (result < 0) {
      Fail(root, "rename", -result);
    } else if (NameMeans(parent_fd_, taken.c_str(), fd)) {
      return taken;
    } else {
      if (Rename(parent_fd_, taken.c_str(), name.c_str()) < 0) {
        root->present_path = PathOf(taken);
      }
      Refuse(root, "was replaced while it was looked at");
    }
    return "";
  }
  Fail(root, "rename", EEXIST);
  return "";
}

absl::Status RootReaper::Run(int fd, const std::string& name, bool dry_run,
                             ReapedRoot* root) {
  const auto identity = DirectoryIdentity::Of(fd);
  if (!identity.ok()) return identity.status();
  tempdir::RemoveTreeOptions removal;
  removal.dry_run = dry_run;
  removal.count_bytes = options_.count_bytes;
  removal.compare_devices = TempDirsCompareDevices();
  const bool timed = options_.time_limit < absl::InfiniteDuration();
  if (timed) removal.max_threads = 1;
  tempdir::RemoveTreeStats stats;
  absl::Status status =
      RemoveTreeAtWith(timed ? TimedCalls() : kKernelCalls, parent_fd_,
                       name.c_str(), *identity, removal, &stats, root->path);
  root->entries = stats.entries();
  root->bytes = stats.bytes;
  return status;
}

void RootReaper::Remove(int fd, const std::string& name, ReapedRoot* root) {
  root->status = Run(fd, name, /*dry_run=*/false, root);
  if (root->status.ok()) {
    root->outcome = ReapOutcome::kRemoved;
    return;
  }
  root->outcome = TimeIsUp() ? ReapOutcome::kUnfinished : ReapOutcome::kFailed;
  root->present_path = PathOf(name);
}

void RootReaper::Count(int fd, const std::string& name, ReapedRoot* root) {
  root->status = Run(fd, name, /*dry_run=*/true, root);
  root->outcome = TimeIsUp()          ? ReapOutcome::kUnfinished
                  : root->status.ok() ? ReapOutcome::kRemovable
                                      : ReapOutcome::kFailed;
}

}  // namespace tempdir_internal
