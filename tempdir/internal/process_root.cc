#include "tempdir/internal/process_root.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "tempdir/internal/owner_process.h"

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

}  // namespace

absl::StatusOr<ProcessRoot*> ProcessRoot::Acquire(const std::string& parent,
                                                  Idle idle, Home home) {
  RootTable* const table = Table();
  std::lock_guard<std::mutex> lock(table->mutex);
  for (ProcessRoot* root : table->roots) {
    if (root->lost_ || root->parent_ != parent || root->home_ != home) continue;
    ++root->live_;
    root->keep_idle_ |= idle == Idle::kKeep;
    return root;
  }
  DiscardIdle(table);
  auto* root = new ProcessRoot(table, parent, home);
  if (absl::Status made = root->Make(); !made.ok()) {
    delete root;
    return made;
  }
  root->live_ = 1;
  root->keep_idle_ = idle == Idle::kKeep;
  table->roots.push_back(root);
  return root;
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

absl::StatusOr<int> ProcessRoot::Descriptor() {
  int fd = fd_.load(std::memory_order_acquire);
  if (IsOpenAt(fd)) return fd;
  // The program closed it. Its number may be another file's by now: let be.
  std::lock_guard<std::mutex> lock(table_->mutex);
  fd = fd_.load(std::memory_order_acquire);
  if (IsOpenAt(fd)) return fd;
  return OpenAgain();
}

void ProcessRoot::Release() {
  if (table_->process != ThisProcess()) return;
  std::lock_guard<std::mutex> lock(table_->mutex);
  if (--live_ > 0) return;
  if (keep_idle_ && !lost_ && !table_->process_ends) return;
  Discard(this);
}

void ProcessRoot::Discard(ProcessRoot* root) {
  root->RemoveDirectory();
  root->CloseDescriptors();
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
