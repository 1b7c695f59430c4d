#include "tempdir/internal/process_root.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "finalize/owner_process.h"
#include "tempdir/internal/parent_directory.h"
#include "tempdir/internal/private_directory.h"

namespace tempdir_internal {

// The roots of one process. A child gets a table of its own and never touches
// its parent's, whose lock some other thread may have held at the fork.
struct RootTable {
  const finalize::OwnerProcess owner;
  RootTable* const inherited;
  std::mutex mutex;
  // Guarded by `mutex`.
  std::vector<ProcessRoot*> roots;
  bool process_ends = false;
};

namespace {

constexpr size_t kRootLetters = 16;
constexpr mode_t kRootMode = 0700;

std::atomic<RootTable*> newest_table{nullptr};

// Null where this process has none yet.
RootTable* ExistingTable() {
  RootTable* table = newest_table.load(std::memory_order_acquire);
  return table != nullptr && table->owner.IsThis() ? table : nullptr;
}

void SweepAtEnd() { SweepProcessRoots(/*process_ends=*/true); }

// The table whose mutex this thread holds for its fork: a child that adopts
// the temp dirs of its parent finds it free.
thread_local RootTable* held_for_fork = nullptr;

void BeforeFork() {
  RootTable* const table = ExistingTable();
  if (table == nullptr || held_for_fork != nullptr) return;
  table->mutex.lock();
  held_for_fork = table;
}

void AfterFork() {
  if (held_for_fork != nullptr) {
    std::exchange(held_for_fork, nullptr)->mutex.unlock();
  }
}

// Not a static object, whose guard a fork may find held. Several threads, and
// the child of a fork in between, may do it once more: it does no harm.
void SetHooksUp() {
  static std::atomic<bool> done{false};
  if (done.load(std::memory_order_acquire)) return;
  pthread_atfork(&BeforeFork, &AfterFork, &AfterFork);
  std::atexit(&SweepAtEnd);
  done.store(true, std::memory_order_release);
}

RootTable* Table() {
  if (RootTable* table = ExistingTable()) return table;
  RootTable* inherited = newest_table.load(std::memory_order_acquire);
  auto* made = new RootTable{finalize::OwnerProcess(), inherited, {}, {}};
  if (!newest_table.compare_exchange_strong(inherited, made,
                                            std::memory_order_acq_rel)) {
    delete made;
  }
  SetHooksUp();
  return newest_table.load(std::memory_order_acquire);
}

// Keeps clear of the standard streams, which programs close and open again.
int OpenRoot(int parent_fd, const char* name) {
  const int fd =
      openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(fd);
  return moved;
}

}  // namespace

absl::StatusOr<ProcessRoot*> ProcessRoot::Acquire(const std::string& parent,
                                                  Idle idle) {
  RootTable* const table = Table();
  std::lock_guard<std::mutex> lock(table->mutex);
  for (ProcessRoot* root : table->roots) {
    if (root->lost_ || root->parent_ != parent) continue;
    ++root->live_;
    root->keep_idle_ |= idle == Idle::kKeep;
    return root;
  }
  DiscardIdle(table);
  auto* root = new ProcessRoot(table, parent);
  if (absl::Status made = root->Make(); !made.ok()) {
    delete root;
    return made;
  }
  root->live_ = 1;
  root->keep_idle_ = idle == Idle::kKeep;
  table->roots.push_back(root);
  return root;
}

// A directory that somebody replaced between mkdir and open is not used: its
// inode or its owner is another.
absl::Status ProcessRoot::Make() {
  absl::StatusOr<int> parent_fd = OpenParent(parent_);
  if (!parent_fd.ok()) return parent_fd.status();
  const std::string prefix = absl::StrCat("finalize-", geteuid(), "-");
  DirectoryPlan plan{prefix, "", kRootLetters, kRootMode, parent_};
  auto made = MakePrivateDirectory(*parent_fd, plan);
  absl::Status status = made.status();
  if (made.ok()) {
    path_ = absl::StrCat(parent_ == "/" ? "" : parent_, "/", made->name);
    const int fd = OpenRoot(*parent_fd, made->name.c_str());
    struct stat seen;
    if (fd < 0 || fstat(fd, &seen) != 0) {
      status = absl::ErrnoToStatus(errno, absl::StrCat("cannot use ", path_));
      unlinkat(*parent_fd, made->name.c_str(), AT_REMOVEDIR);
    } else if (!made->identity.Is(fd) || seen.st_uid != geteuid()) {
      status = absl::PermissionDeniedError(
          absl::StrCat(path_, " was replaced while it was made"));
    }
    if (status.ok()) {
      owner_ = seen.st_uid;
      device_ = seen.st_dev;
      inode_ = seen.st_ino;
      fd_.store(fd, std::memory_order_release);
    } else if (fd >= 0) {
      close(fd);
    }
  }
  close(*parent_fd);
  return status;
}

bool ProcessRoot::IsUsable() {
  if (owner_ == geteuid() && IsAtItsPath()) {
    return IsOpenAt(fd()) || !Descriptor().ok();
  }
  std::lock_guard<std::mutex> lock(table_->mutex);
  lost_ = true;
  return false;
}

bool ProcessRoot::IsAtItsPath() const {
  struct stat seen;
  return lstat(path_.c_str(), &seen) == 0 && seen.st_dev == device_ &&
         seen.st_ino == inode_;
}

bool ProcessRoot::IsOpenAt(int fd) const {
  struct stat seen;
  return fstat(fd, &seen) == 0 && seen.st_dev == device_ &&
         seen.st_ino == inode_;
}

absl::StatusOr<int> ProcessRoot::Descriptor() {
  int fd = fd_.load(std::memory_order_acquire);
  if (IsOpenAt(fd)) return fd;
  // The program closed it. Its number may be another file's by now: let be.
  std::lock_guard<std::mutex> lock(table_->mutex);
  fd = fd_.load(std::memory_order_acquire);
  if (IsOpenAt(fd)) return fd;
  fd = OpenRoot(AT_FDCWD, path_.c_str());
  if (fd < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot use ", path_));
  }
  if (!IsOpenAt(fd)) {
    close(fd);
    return absl::FailedPreconditionError(
        absl::StrCat("another directory stands at ", path_));
  }
  fd_.store(fd, std::memory_order_release);
  return fd;
}

void ProcessRoot::Release() {
  if (!table_->owner.IsThis()) return;
  std::lock_guard<std::mutex> lock(table_->mutex);
  if (--live_ > 0) return;
  if (keep_idle_ && !lost_ && !table_->process_ends) return;
  Discard(this);
}

bool ProcessRoot::RemoveDirectory() {
  return IsAtItsPath() && rmdir(path_.c_str()) == 0;
}

void ProcessRoot::Discard(ProcessRoot* root) {
  root->RemoveDirectory();
  const int fd = root->fd_.load(std::memory_order_acquire);
  if (root->IsOpenAt(fd)) close(fd);
  std::vector<ProcessRoot*>& roots = root->table_->roots;
  roots.erase(std::find(roots.begin(), roots.end(), root));
  delete root;
}

void ProcessRoot::DiscardIdle(RootTable* table) {
  const std::vector<ProcessRoot*> roots = table->roots;
  for (ProcessRoot* root : roots) {
    if (root->live_ == 0) Discard(root);
  }
}

void SweepProcessRoots(bool process_ends) {
  RootTable* const table = ExistingTable();
  if (table == nullptr) return;
  std::lock_guard<std::mutex> lock(table->mutex);
  ProcessRoot::DiscardIdle(table);
  if (!process_ends) return;
  table->process_ends = true;
  // A thread that was about to make a temp dir finds its root gone.
  for (ProcessRoot* root : table->roots) {
    root->lost_ |= root->RemoveDirectory();
  }
}

}  // namespace tempdir_internal
