// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/root/process_root.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "finalize/crash_gate.h"
#include "finalize/owner_process.h"
#include "finalize/process_end.h"
#include "tempdir/internal/crash/crash_sweep.h"
#include "tempdir/internal/root/removal_backlog.h"

namespace tempdir_internal {

// The roots of one process. A child gets a separate one and never touches its
// parent's, whose lock another thread may have held at the fork.
struct RootsOfProcess {
  const finalize::OwnerProcess owner;
  // The roots of the parent process, or null. Never freed: temp dirs that the
  // child inherited still point at their ProcessRoot, and a slot of the root
  // table at `owner`. It is kept here so that it stays reachable, and a leak
  // checker does not report it.
  RootsOfProcess* const inherited;
  std::mutex mutex;
  // Guarded by `mutex`.
  std::vector<ProcessRoot*> roots;
};

namespace {

std::atomic<RootsOfProcess*> newest_roots{nullptr};

// Null if this process has none yet.
RootsOfProcess* ExistingRoots() {
  RootsOfProcess* roots = newest_roots.load(std::memory_order_acquire);
  return roots != nullptr && roots->owner.IsThis() ? roots : nullptr;
}

// Not all of it, so that what comes after has some, too.
absl::Duration TimeToWait() {
  const absl::Duration left = finalize::ExitTimeLeft();
  return left - std::min(left / 10, absl::Milliseconds(100));
}

void SweepAtEnd() { SweepProcessRoots(/*process_ends=*/true); }

// The roots whose mutex this thread holds for its fork: a child that adopts the
// temp dirs of its parent finds it free.
thread_local RootsOfProcess* held_for_fork = nullptr;

void BeforeFork() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  RootsOfProcess* const process = ExistingRoots();
  if (process == nullptr || held_for_fork != nullptr) return;
  process->mutex.lock();
  held_for_fork = process;
}

void AfterFork() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (held_for_fork != nullptr) {
    std::exchange(held_for_fork, nullptr)->mutex.unlock();
  }
}

// Not a static object, whose guard a fork may find held. Several threads, and
// the child of a fork in between, may do it again; that does no harm.
void SetHooksUp() {
  static std::atomic<bool> done{false};
  if (done.load(std::memory_order_acquire)) return;
  pthread_atfork(&BeforeFork, &AfterFork, &AfterFork);
  std::atexit(&SweepAtEnd);
  AddCrashSweep();
  done.store(true, std::memory_order_release);
}

RootsOfProcess* Roots() {
  if (RootsOfProcess* roots = ExistingRoots()) return roots;
  RootsOfProcess* inherited = newest_roots.load(std::memory_order_acquire);
  auto* made = new RootsOfProcess{finalize::OwnerProcess(), inherited, {}, {}};
  if (!newest_roots.compare_exchange_strong(inherited, made,
                                            std::memory_order_acq_rel)) {
    delete made;
  }
  SetHooksUp();
  return newest_roots.load(std::memory_order_acquire);
}

}  // namespace

absl::StatusOr<ProcessRoot*> ProcessRoot::Acquire(const std::string& parent,
                                                  Home home) {
  RootsOfProcess* const process = Roots();
  std::lock_guard<std::mutex> lock(process->mutex);
  for (ProcessRoot* root : process->roots) {
    if (root->lost_ || root->parent() != parent || root->home() != home)
      continue;
    ++root->live_;
    return root;
  }
  if (AnyIsClosed(*process)) TakeLocksAgain(process);
  auto* root = new ProcessRoot(process, parent, home);
  if (absl::Status made = root->directory_.Make(); !made.ok()) {
    delete root;
    return made;
  }
  root->live_ = 1;
  if (home == Home::kRoot) {
    root->entry_.Enter(&process->owner, root->path(), root->fd());
  }
  process->roots.push_back(root);
  return root;
}

const finalize::OwnerProcess* ProcessRoot::owner() const {
  return &roots_->owner;
}

bool ProcessRoot::IsUsable() {
  if (directory_.user() == geteuid() && directory_.IsAtItsPath()) {
    if (directory_.IsOpenAt(fd())) return true;
    const absl::Status opened = Descriptor().status();
    if (!absl::IsAborted(opened)) return !opened.ok();
  }
  std::lock_guard<std::mutex> lock(roots_->mutex);
  lost_ = true;
  return false;
}

absl::StatusOr<int> ProcessRoot::Descriptor() {
  int fd = directory_.fd();
  if (directory_.IsOpenAt(fd)) return fd;
  // The program closed it, and its number may be another file's now: it is not
  // closed here.
  std::lock_guard<std::mutex> lock(roots_->mutex);
  fd = directory_.fd();
  if (directory_.IsOpenAt(fd)) return fd;
  absl::StatusOr<int> again = OpenAgain();
  TakeLocksAgain(roots_);
  return again;
}

absl::StatusOr<int> ProcessRoot::OpenAgain() {
  absl::StatusOr<int> fd = directory_.OpenAgain();
  if (fd.ok()) entry_.SetDescriptor(*fd);
  return fd;
}

void ProcessRoot::Release() {
  if (!roots_->owner.IsThis()) return;
  std::lock_guard<std::mutex> lock(roots_->mutex);
  if (--live_ == 0) Discard(this);
}

void ProcessRoot::Discard(ProcessRoot* root) {
  root->directory_.Remove();
  if (root->entry_.Leave()) root->directory_.CloseDescriptors();
  std::vector<ProcessRoot*>& roots = root->roots_->roots;
  roots.erase(std::find(roots.begin(), roots.end(), root));
  delete root;
}

bool ProcessRoot::AnyIsClosed(const RootsOfProcess& process) {
  for (const ProcessRoot* root : process.roots) {
    if (!root->directory_.IsOpenAt(root->fd())) return true;
  }
  return false;
}

void ProcessRoot::TakeLocksAgain(RootsOfProcess* process) {
  for (ProcessRoot* root : process->roots) {
    // The next creation finds what cannot be locked again.
    if (!root->directory_.IsOpenAt(root->fd())) root->OpenAgain().IgnoreError();
    root->TakeHoldsAgain();
  }
}

void ProcessRoot::TakeHoldsAgain() {
  for (const std::shared_ptr<DirectHold>& hold : holds_) {
    if (hold->lock.TakeAgain(fd())) hold->entry.SetDescriptor(hold->lock.fd());
  }
}

void ProcessRoot::AddHold(std::shared_ptr<DirectHold> hold) {
  std::lock_guard<std::mutex> lock(roots_->mutex);
  Enter(hold.get(), /*kept=*/false);
  holds_.push_back(std::move(hold));
}

bool ProcessRoot::ReleaseHold(DirectHold* hold) {
  std::lock_guard<std::mutex> lock(roots_->mutex);
  const bool left = hold->entry.Leave();
  if (!left) hold->lock.Abandon();
  return left;
}

void ProcessRoot::EnterHold(DirectHold* hold, std::string name, bool kept) {
  std::lock_guard<std::mutex> lock(roots_->mutex);
  hold->lock.SetName(std::move(name));
  Enter(hold, kept);
}

void ProcessRoot::Enter(DirectHold* hold, bool kept) {
  const std::string path =
      (parent() == "/" ? "" : parent()) + "/" + hold->lock.name();
  hold->entry.Enter(&roots_->owner, path, hold->lock.fd(), kept ? 1 : 0);
}

void ProcessRoot::DropHold(DirectHold* hold) {
  if (!roots_->owner.IsThis()) return hold->lock.Release();
  std::lock_guard<std::mutex> lock(roots_->mutex);
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
  RootsOfProcess* const process = ExistingRoots();
  if (process == nullptr || !process_ends) return 0;
  const finalize::CrashGate gate;
  if (gate.refused()) return 0;
  const size_t left = EndRemovals(TimeToWait());
  std::lock_guard<std::mutex> lock(process->mutex);
  // A thread that was about to create a temp dir finds that its root is lost.
  for (ProcessRoot* root : process->roots) {
    root->lost_ |= root->directory_.Remove();
  }
  return left;
}

void CheckProcessRoots() {
  RootsOfProcess* const process = ExistingRoots();
  if (process == nullptr) return;
  std::lock_guard<std::mutex> lock(process->mutex);
  ProcessRoot::TakeLocksAgain(process);
}

}  // namespace tempdir_internal
