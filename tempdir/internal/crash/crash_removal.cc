// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/crash/crash_removal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#include "tempdir/internal/marks/failure_mark.h"
#include "tempdir/internal/marks/keep_mark.h"
#include "tempdir/internal/remove/tree_removal.h"
#include "tempdir/internal/system/compared_devices.h"
#include "tempdir/internal/system/move_entry.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/fixed_storage.h"
#include "tempdir/internal/tree/removal_errors.h"
#include "tempdir/internal/tree/removal_state.h"

namespace tempdir_internal {
namespace {

// How long a directory that fills up again is emptied in one go.
constexpr int64_t kWriterTimeout = 100000000;

// All of the one thread that has the engine.
constexpr size_t kBlockSize = 256 << 10;
alignas(std::max_align_t) char block[kBlockSize];
char parent_path[PATH_MAX];
SystemCalls timed_calls;
int64_t deadline = 0;

bool TimeIsUp() { return kKernelCalls.now() >= deadline; }

// Not TimedCalls(): a thread_local of a module may be allocated when it is
// first used.
const SystemCalls& CallsUntil(uint64_t deadline_nanos) {
  deadline = static_cast<int64_t>(deadline_nanos);
  timed_calls = kKernelCalls;
  timed_calls.open_beneath = [](int directory, const char* name, int flags) {
    return TimeIsUp() ? -ECANCELED
                      : kKernelCalls.open_beneath(directory, name, flags);
  };
  timed_calls.open = [](int directory, const char* name, int flags) {
    return TimeIsUp() ? -ECANCELED : kKernelCalls.open(directory, name, flags);
  };
  timed_calls.read_entries = [](int fd, void* buffer, size_t size) {
    return TimeIsUp() ? ssize_t{-ECANCELED}
                      : kKernelCalls.read_entries(fd, buffer, size);
  };
  timed_calls.remove = [](int directory, const char* name, int flags) {
    return TimeIsUp() ? -ECANCELED
                      : kKernelCalls.remove(directory, name, flags);
  };
  timed_calls.rename = [](int directory, const char* name, int new_directory,
                          const char* new_name, unsigned flags) {
    return TimeIsUp() ? -ECANCELED
                      : kKernelCalls.rename(directory, name, new_directory,
                                            new_name, flags);
  };
  return timed_calls;
}

// Whether what stays does so because somebody else put it there.
class Refills final : public RemovalErrors {
 public:
  void Report(Obstacle obstacle, int, const TreeNode*, const TreeNode*,
              const char*) override {
    seen_ |= obstacle == Obstacle::kRefilled;
  }
  void ReportMovedAway(const PathSegment*) override {}

  bool seen() const { return seen_; }

 private:
  bool seen_ = false;
};

bool IsOpenAt(const ClaimedRoot& root, int fd, struct stat* seen) {
  return fd >= 0 && kKernelCalls.examine(fd, "", seen) == 0 &&
         seen->st_dev == root.device && seen->st_ino == root.inode;
}

bool IsOpenAt(const ClaimedRoot& root, int fd) {
  struct stat seen;
  return IsOpenAt(root, fd, &seen);
}

// Returns -errno if it is not at its path.
int OpenAtPath(const ClaimedRoot& root) {
  const int fd = kKernelCalls.open(AT_FDCWD, root.path,
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (fd < 0 || IsOpenAt(root, fd)) return fd;
  kKernelCalls.close(fd);
  return -ESTALE;
}

const char* OwnNameOf(const ClaimedRoot& root) {
  const char* const slash = strrchr(root.path, '/');
  return slash == nullptr ? root.path : slash + 1;
}

const char* NameOf(const CrashedRoot& crashed) {
  return crashed.taken_name[0] != '\0' ? crashed.taken_name
                                       : OwnNameOf(crashed.root);
}

// Through the directory itself, if it is open: then its path does not matter.
int OpenParent(const ClaimedRoot& root) {
  constexpr int kFlags = O_PATH | O_DIRECTORY;
  if (IsOpenAt(root, root.fd)) {
    return kKernelCalls.open(root.fd, "..", kFlags);
  }
  const size_t size = OwnNameOf(root) - root.path;
  if (size == 0 || size >= sizeof(parent_path)) return -ENOENT;
  memcpy(parent_path, root.path, size);
  parent_path[size] = '\0';
  return kKernelCalls.open(AT_FDCWD, parent_path, kFlags);
}

// Whether it has `name` and is not marked as kept; gives its owner.
bool IsToBeRemoved(const ClaimedRoot& root, int parent, const char* name,
                   uid_t* owner = nullptr) {
  const int fd =
      kKernelCalls.open(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (fd < 0) return false;
  struct stat seen;
  const bool removed =
      IsOpenAt(root, fd, &seen) && KeepMarkIn(fd) != KeepMark::kKept;
  if (owner != nullptr) *owner = seen.st_uid;
  kKernelCalls.close(fd);
  return removed;
}

void Say(const char* text) {
  // Nothing better can be done if standard error is closed.
  (void)!write(STDERR_FILENO, text, strlen(text));
}

const char* Reason(bool crashed) {
  return crashed ? " (the process crashed)" : " (its process hangs at its end)";
}

}  // namespace

void TakeAway(CrashedRoot& crashed, uint64_t deadline_nanos) {
  const SystemCalls& calls = CallsUntil(deadline_nanos);
  const int parent = OpenParent(crashed.root);
  if (parent < 0) return;
  const char* const own = OwnNameOf(crashed.root);
  char name[kReapedNameRoom];
  uid_t owner = 0;
  const bool removed = IsToBeRemoved(crashed.root, parent, own, &owner);
  WriteReapedName(owner, name);
  if (removed && MoveDirectory(calls, parent, own, parent, name) == 0) {
    if (IsToBeRemoved(crashed.root, parent, name)) {
      memcpy(crashed.taken_name, name, sizeof name);
    } else {
      // Replaced, or marked, in between.
      MoveDirectory(calls, parent, name, parent, own);
    }
  }
  kKernelCalls.close(parent);
}

RootState RemoveCrashedRoot(const CrashedRoot& crashed,
                            uint64_t deadline_nanos) {
  const SystemCalls& calls = CallsUntil(deadline_nanos);
  const int parent = OpenParent(crashed.root);
  if (parent < 0) return RootState::kLeft;
  Refills refills;
  if (IsToBeRemoved(crashed.root, parent, NameOf(crashed))) {
    FixedStorage storage(block, sizeof(block));
    RemovalPlan plan;
    plan.exact_root = true;
    plan.writer_timeout = kWriterTimeout;
    plan.compare_devices = TempDirsCompareDevices();
    TreeRemoval removal(calls, storage, refills, plan, parent, NameOf(crashed));
    if (removal.OpenInode(crashed.root.device, crashed.root.inode) == 0) {
      removal.Run();
    }
  }
  const bool left = IsToBeRemoved(crashed.root, parent, NameOf(crashed));
  kKernelCalls.close(parent);
  if (!left) return RootState::kRemoved;
  return refills.seen() && !TimeIsUp() ? RootState::kRefilled
                                       : RootState::kLeft;
}

void KeepClaimedRoot(const ClaimedRoot& root, bool crashed) {
  const bool open = IsOpenAt(root, root.fd);
  const int fd = open ? root.fd : OpenAtPath(root);
  if (fd < 0) return;
  // A live mark makes way in one step: a root is never without one.
  const bool marked = KeepMarkIn(fd) == KeepMark::kLive ? MarkKept(fd, ".") == 0
                                                        : MarkAsFailure(fd, "");
  Say(marked ? "finalize: kept " : "finalize: cannot mark as kept ");
  Say(root.path);
  Say(Reason(crashed));
  Say(marked ? "\n" : ": a reaper will remove it\n");
  if (!open) kKernelCalls.close(fd);
}

}  // namespace tempdir_internal
