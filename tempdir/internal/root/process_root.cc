#include "tempdir/internal/root/process_root.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "finalize/crash_gate.h"
#include "finalize/owner_process.h"
#include "finalize/process_end.h"
#include "tempdir/internal/crash/crash_sweep.h"
#include "tempdir/internal/root/removal_backlog.h"

namespace tempdir_internal {

// The roots of one process. A child gets a table of its own and never touches
// its parent's, whose lock some other thread may have held at the fork.
struct RootTable {
  const finalize::OwnerProcess owner;
  RootTable* const inherited;
  std::mutex mutex;
  // Guarded by `mutex`.
  std::vector<ProcessRoot*> roots;
};

namespace {

std::atomic<RootTable*> newest_table{nullptr};

// Null where this process has none yet.
RootTable* ExistingTable() {
  RootTable* table = newest_table.load(std::memory_order_acquire);
  return table != nullptr && table->owner.IsThis() ? table : nullptr;
}

// So that what comes after has some, too.
absl::Duration TimeToWait() {
  const absl::Duration left = finalize::ExitTimeLeft();
  return left - std::min(left / 10, absl::Milliseconds(100));
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
  AddCrashSweep();
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

}  // namespace

absl::StatusOr<ProcessRoot*> ProcessRoot::Acquire(const std::string& parent,
                                                  Home home) {
  RootTable* const table = Table();
  std::lock_guard<std::mutex> lock(table->mutex);
  for (ProcessRoot* root : table->roots) {
    if (root->lost_ || root->parent_ != parent || root->home_ != home) continue;
    ++root->live_;
    return root;
  }
  if (AnyIsClosed(*table)) TakeLocksAgain(table);
  auto* root = new ProcessRoot(table, parent, home);
  if (absl::Status made = root->Make(); !made.ok()) {
    delete root;
    return made;
  }
  root->live_ = 1;
  if (home == Home::kRoot) {
    root->entry_.Enter(&table->owner, root->path_, root->fd());
  }
  table->roots.push_back(root);
  return root;
}

const finalize::OwnerProcess* ProcessRoot::owner() const {
  return &table_->owner;
}

bool ProcessRoot::IsUsable() {
  if (user_ == geteuid() && IsAtItsPath()) {
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
  absl::StatusOr<int> again = OpenAgain();
  TakeLocksAgain(table_);
  return again;
}

void ProcessRoot::Release() {
  if (!table_->owner.IsThis()) return;
  std::lock_guard<std::mutex> lock(table_->mutex);
  if (--live_ == 0) Discard(this);
}

void ProcessRoot::Discard(ProcessRoot* root) {
  root->RemoveDirectory();
  if (root->entry_.Leave()) root->CloseDescriptors();
  std::vector<ProcessRoot*>& roots = root->table_->roots;
  roots.erase(std::find(roots.begin(), roots.end(), root));
  delete root;
}

bool ProcessRoot::AnyIsClosed(const RootTable& table) {
  for (const ProcessRoot* root : table.roots) {
    if (!root->IsOpenAt(root->fd())) return true;
  }
  return false;
}

void ProcessRoot::TakeLocksAgain(RootTable* table) {
  for (ProcessRoot* root : table->roots) {
    // What cannot be locked again shows at the next creation.
    if (!root->IsOpenAt(root->fd())) root->OpenAgain().IgnoreError();
    root->TakeHoldsAgain();
  }
}

void ProcessRoot::TakeHoldsAgain() {
  for (const std::shared_ptr<DirectHold>& hold : holds_) {
    if (hold->lock.TakeAgain(fd())) hold->entry.SetDescriptor(hold->lock.fd());
  }
}

void ProcessRoot::AddHold(std::shared_ptr<DirectHold> hold) {
  std::lock_guard<std::mutex> lock(table_->mutex);
  Enter(hold.get());
  holds_.push_back(std::move(hold));
}

bool ProcessRoot::ReleaseHold(DirectHold* hold) {
  std::lock_guard<std::mutex> lock(table_->mutex);
  const bool left = hold->entry.Leave();
  if (!left) hold->lock.Abandon();
  return left;
}

void ProcessRoot::EnterHold(DirectHold* hold, std::string name) {
  std::lock_guard<std::mutex> lock(table_->mutex);
  hold->lock.SetName(std::move(name));
  Enter(hold);
}

void ProcessRoot::Enter(DirectHold* hold) {
  const std::string path =
      (parent_ == "/" ? "" : parent_) + "/" + hold->lock.name();
  hold->entry.Enter(&table_->owner, path, hold->lock.fd());
}

void ProcessRoot::DropHold(DirectHold* hold) {
  if (!table_->owner.IsThis()) return hold->lock.Release();
  std::lock_guard<std::mutex> lock(table_->mutex);
  if (!hold->entry.Leave()) hold->lock.Abandon();
  hold->lock.Release();
  for (std::shared_ptr<DirectHold>& held : holds_) {
    if (held.get() != hold) continue;
    held = std::move(holds_.back());
    holds_.pop_back();
    return;
  }
}

size_t SweepProcessRoots(bool process_ends) {
  RootTable* const table = ExistingTable();
  if (table == nullptr || !process_ends) return 0;
  const finalize::CrashGate gate;
  if (gate.refused()) return 0;
  const size_t left = EndRemovals(TimeToWait());
  std::lock_guard<std::mutex> lock(table->mutex);
  // A thread that was about to make a temp dir finds its root gone.
  for (ProcessRoot* root : table->roots) {
    root->lost_ |= root->RemoveDirectory();
  }
  return left;
}

void CheckProcessRoots() {
  RootTable* const table = ExistingTable();
  if (table == nullptr) return;
  std::lock_guard<std::mutex> lock(table->mutex);
  ProcessRoot::TakeLocksAgain(table);
}

}  // namespace tempdir_internal
