#include "tempdir/internal/crash_removal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>

#include "finalize/crash_callback.h"
#include "tempdir/internal/fixed_storage.h"
#include "tempdir/internal/kept_directory.h"
#include "tempdir/internal/removal_errors.h"
#include "tempdir/internal/removal_state.h"
#include "tempdir/internal/system_calls.h"
#include "tempdir/internal/tree_removal.h"

namespace tempdir_internal {
namespace {

constexpr size_t kBlockSize = 256 << 10;
// How long a directory that fills up again is emptied.
constexpr int64_t kWriterTimeout = 100000000;

// All of the one thread that has the engine: that which handles a crash, or the
// watchdog's if the drain at the end of the process hangs.
std::atomic<bool> engine_taken{false};
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

class NoErrors final : public RemovalErrors {
 public:
  void Report(Obstacle, int, const TreeNode*, const TreeNode*,
              const char*) override {}
  void ReportMovedAway(const PathSegment*) override {}
};

bool IsOpenAt(const ClaimedRoot& root, int fd) {
  struct stat seen;
  return fd >= 0 && kKernelCalls.examine(fd, "", &seen) == 0 &&
         seen.st_dev == root.device && seen.st_ino == root.inode;
}

// Returns -errno where it is not at its path.
int OpenAtPath(const ClaimedRoot& root) {
  const int fd = kKernelCalls.open(AT_FDCWD, root.path,
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (fd < 0 || IsOpenAt(root, fd)) return fd;
  kKernelCalls.close(fd);
  return -ESTALE;
}

const char* NameOf(const ClaimedRoot& root) {
  const char* const slash = strrchr(root.path, '/');
  return slash == nullptr ? root.path : slash + 1;
}

// Through the directory itself, if it is open: then its path does not matter.
int OpenParent(const ClaimedRoot& root) {
  constexpr int kFlags = O_PATH | O_DIRECTORY;
  if (IsOpenAt(root, root.fd)) {
    return kKernelCalls.open(root.fd, "..", kFlags);
  }
  const size_t size = NameOf(root) - root.path;
  if (size == 0 || size >= sizeof(parent_path)) return -ENOENT;
  memcpy(parent_path, root.path, size);
  parent_path[size] = '\0';
  return kKernelCalls.open(AT_FDCWD, parent_path, kFlags);
}

bool IsMarked(const ClaimedRoot& root, int parent) {
  struct stat seen;
  if (IsOpenAt(root, root.fd)) {
    return kKernelCalls.examine(root.fd, kKeepMark, &seen) == 0;
  }
  const int fd = kKernelCalls.open_beneath(parent, NameOf(root),
                                           O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (fd < 0) return false;
  const bool marked = kKernelCalls.examine(fd, kKeepMark, &seen) == 0;
  kKernelCalls.close(fd);
  return marked;
}

void Say(const char* text) {
  // Nothing better can be done where standard error is closed.
  (void)!write(STDERR_FILENO, text, strlen(text));
}

void EndRoot(const ClaimedRoot& root, void* crash) {
  const auto& seen = *static_cast<const finalize::Crash*>(crash);
  seen.keep || root.keep ? KeepClaimedRoot(root, seen.signal != 0)
                         : RemoveClaimedRoot(root, seen.deadline_nanos);
}

// A crash meets the watchdog at work: that goes on meanwhile, and so the
// handler waits for it, to its own deadline.
bool TakeEngine(uint64_t deadline_nanos) {
  while (engine_taken.exchange(true, std::memory_order_acquire)) {
    if (kKernelCalls.now() >= static_cast<int64_t>(deadline_nanos)) {
      return false;
    }
    const timespec pause = {0, 1000000};
    nanosleep(&pause, nullptr);
  }
  return true;
}

void EndRoots(const finalize::Crash& crash) {
  if (!TakeEngine(crash.deadline_nanos)) return;
  finalize::Crash copy = crash;
  ClaimRoots(&EndRoot, &copy);
  engine_taken.store(false, std::memory_order_release);
}

const char* Reason(bool crashed) {
  return crashed ? " (the process crashed)" : " (its process hangs at its end)";
}

}  // namespace

void AddCrashRemoval() {
  finalize::AddCrashCallback(&EndRoots);
  finalize::AddReserveCallback(&EndRoots);
}

void RemoveClaimedRoot(const ClaimedRoot& root, uint64_t deadline_nanos) {
  const SystemCalls& calls = CallsUntil(deadline_nanos);
  const int parent = OpenParent(root);
  if (parent < 0) return;
  if (!IsMarked(root, parent)) {
    FixedStorage storage(block, sizeof(block));
    NoErrors errors;
    RemovalPlan plan;
    plan.exact_root = true;
    plan.writer_timeout = kWriterTimeout;
    TreeRemoval removal(calls, storage, errors, plan, parent, NameOf(root));
    if (removal.OpenInode(root.device, root.inode) == 0) removal.Run();
  }
  kKernelCalls.close(parent);
}

void KeepClaimedRoot(const ClaimedRoot& root, bool crashed) {
  const bool open = IsOpenAt(root, root.fd);
  const int fd = open ? root.fd : OpenAtPath(root);
  if (fd < 0) return;
  const long mark = syscall(SYS_openat, fd, kKeepMark,
                            O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (mark >= 0) kKernelCalls.close(static_cast<int>(mark));
  Say(mark >= 0 ? "finalize: kept " : "finalize: cannot mark as kept ");
  Say(root.path);
  Say(Reason(crashed));
  Say(mark >= 0 ? "\n" : ": a reaper will remove it\n");
  if (!open) kKernelCalls.close(fd);
}

}  // namespace tempdir_internal
