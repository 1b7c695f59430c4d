#include "tempdir/internal/process_root.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tempdir/internal/directory_lock.h"
#include "tempdir/internal/owner_process.h"
#include "tempdir/internal/parent_directory.h"
#include "tempdir/internal/private_directory.h"
#include "tempdir/internal/root_name.h"

namespace tempdir_internal {

// The roots of one process. A child gets a table of its own and never touches
// its parent's, whose lock some other thread may have held at the fork.
struct RootTable {
  const uint32_t process;
  RootTable* const inherited;
  std::mutex mutex;
  // Guarded by `mutex`.
  std::vector<ProcessRoot*> roots;
  bool process_ends = false;
};

namespace {

// How often it is tried to be faster than the reapers.
constexpr int kMostRoots = 100;
constexpr mode_t kRootMode = 0700;

std::atomic<RootTable*> newest_table{nullptr};

// Null where this process has none yet.
RootTable* ExistingTable() {
  RootTable* table = newest_table.load(std::memory_order_acquire);
  return table != nullptr && table->process == ThisProcess() ? table : nullptr;
}

struct SweepAtEnd {
  ~SweepAtEnd() { SweepProcessRoots(/*process_ends=*/true); }
};

RootTable* Table() {
  if (RootTable* table = ExistingTable()) return table;
  RootTable* inherited = newest_table.load(std::memory_order_acquire);
  auto* made = new RootTable{ThisProcess(), inherited, {}, {}};
  if (!newest_table.compare_exchange_strong(inherited, made,
                                            std::memory_order_acq_rel)) {
    delete made;
  }
  static SweepAtEnd sweep_at_end;
  return newest_table.load(std::memory_order_acquire);
}

// It vanished before it was locked.
bool IsTaken(const absl::Status& made) {
  return absl::IsAborted(made) || absl::IsNotFound(made);
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

// A reaper may take any of them before it is locked: then there is another try.
absl::Status ProcessRoot::Make() {
  absl::StatusOr<int> parent_fd = OpenParent(parent_);
  if (!parent_fd.ok()) return parent_fd.status();
  absl::Status status = LockEnclosingRoots(*parent_fd, &enclosing_);
  if (status.ok()) {
    int tries = 0;
    do {
      status = MakeOnce(*parent_fd);
    } while (IsTaken(status) && ++tries < kMostRoots);
  }
  close(*parent_fd);
  if (!status.ok()) CloseDescriptors();
  return status;
}

// A directory that somebody replaced between mkdir and open is not used: its
// inode or its owner is another.
absl::Status ProcessRoot::MakeOnce(int parent_fd) {
  const std::string prefix = RootPrefix(geteuid());
  auto made = MakePrivateDirectory(
      parent_fd, {prefix, "", kRootLetters, kRootMode, parent_});
  if (!made.ok()) return made.status();
  const char* const name = made->name.c_str();
  absl::StatusOr<int> fd = OpenLocked(parent_fd, name);
  if (!fd.ok()) {
    unlinkat(parent_fd, name, AT_REMOVEDIR);
    return fd.status();
  }
  path_ = absl::StrCat(parent_ == "/" ? "" : parent_, "/", made->name);
  struct stat seen;
  if (fstat(*fd, &seen) != 0 || !made->identity.Is(*fd) ||
      seen.st_uid != geteuid()) {
    close(*fd);
    return absl::PermissionDeniedError(
        absl::StrCat(path_, " was replaced while it was made"));
  }
  owner_ = seen.st_uid;
  device_ = seen.st_dev;
  inode_ = seen.st_ino;
  fd_.store(*fd, std::memory_order_release);
  return absl::OkStatus();
}

bool ProcessRoot::IsUsable() {
  if (owner_ == geteuid() && IsAtItsPath()) {
    if (IsOpenAt(fd())) return true;
    const absl::Status opened = Descriptor().status();
    if (!absl::IsAborted(opened)) return !opened.ok();
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
  return OpenAgain();
}

absl::StatusOr<int> ProcessRoot::OpenAgain() {
  // Of the closed descriptors nothing is known.
  enclosing_.clear();
  absl::StatusOr<int> fd = OpenLocked(AT_FDCWD, path_.c_str());
  if (!fd.ok()) return fd;
  const int above = openat(*fd, "..", O_PATH | O_CLOEXEC);
  absl::Status status = LockEnclosingRoots(above, &enclosing_);
  if (above >= 0) close(above);
  if (status.ok() && !IsOpenAt(*fd)) {
    status = absl::FailedPreconditionError(
        absl::StrCat("another directory stands at ", path_));
  }
  if (!status.ok()) {
    close(*fd);
    return status;
  }
  fd_.store(*fd, std::memory_order_release);
  return fd;
}

void ProcessRoot::Release() {
  if (table_->process != ThisProcess()) return;
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
  root->CloseDescriptors();
  std::vector<ProcessRoot*>& roots = root->table_->roots;
  roots.erase(std::find(roots.begin(), roots.end(), root));
  delete root;
}

// Never unlocks: a forked child may hold the same locks.
void ProcessRoot::CloseDescriptors() {
  const int fd = fd_.load(std::memory_order_acquire);
  const bool open_still = fd < 0 || IsOpenAt(fd);
  if (fd >= 0 && open_still) close(fd);
  if (!open_still) enclosing_.clear();
  for (int lock : enclosing_) close(lock);
  enclosing_.clear();
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

void CheckProcessRoots() {
  RootTable* const table = ExistingTable();
  if (table == nullptr) return;
  std::lock_guard<std::mutex> lock(table->mutex);
  for (ProcessRoot* root : table->roots) {
    // What cannot be locked again shows at the next creation.
    if (!root->IsOpenAt(root->fd())) root->OpenAgain().IgnoreError();
  }
}

}  // namespace tempdir_internal
