// SPDX-License-Identifier: Apache-2.0

#include "tempdir/finalizer_temp_dir.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/crash_gate.h"
#include "finalize/options.h"
#include "finalize/owner_process.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"
#include "tempdir/internal/crash/crash_sweep.h"
#include "tempdir/internal/owned/refusal.h"
#include "tempdir/internal/owned/removal_failure.h"
#include "tempdir/internal/root/process_root.h"
#include "tempdir/internal/root/removal_backlog.h"
#include "tempdir/internal/system/exit_patience.h"

namespace tempdir {
namespace {

using tempdir_internal::GivenUpRemovalCount;
using tempdir_internal::OwnedDirectory;

// After the temp dirs in them.
constexpr int kRootPhase = kTempDirPhase - 1;

// The process that has a finalizer for its roots pending.
std::atomic<uint32_t> roots_registered{0};

// The process whose exit drain has come to its roots: static destructors still
// make temp dirs, other threads do not, or a busy one would keep the process
// from ending.
std::atomic<uint32_t> ending{0};

bool RefusesThisThread() {
  const uint32_t process = ending.load(std::memory_order_acquire);
  return process != 0 && process == finalize::OwnerProcess().number() &&
         !finalize::IsExitingThread();
}

// A handler that was there before calls exit() in a crash: the threads that
// wait at the gate hold finalizers that this drain waits for.
bool EndsInACrash() {
  const bool refused = finalize::CrashGate::Refuses();
  if (refused) finalize::CrashGate::Release();
  return refused;
}

// The callback of the finalizer of the roots.
struct SweepRoots {
  static constexpr bool kUnnamed = true;  // the finalizer has a name

  absl::Status operator()(const finalize::Cause& cause) const;
};

absl::Status SweepRoots::operator()(const finalize::Cause& cause) const {
  if (cause.IsProcessEnd()) {
    ending.store(finalize::OwnerProcess().number(), std::memory_order_release);
  }
  roots_registered.store(0, std::memory_order_release);
  const size_t left =
      EndsInACrash()
          ? 0
          : tempdir_internal::SweepProcessRoots(cause.IsProcessEnd());
  if (left != 0) {
    return absl::DeadlineExceededError(absl::StrCat(
        left,
        " temp dirs were being removed in the background: what is left of "
        "them is the next start's to reap"));
  }
  if (cause.IsProcessEnd() && tempdir_internal::AwaitWatchdogSweep() != 0) {
    return absl::DeadlineExceededError(
        "temp dirs were not removed in time: what is left of them is the next "
        "start's to reap");
  }
  const uint64_t given_up = GivenUpRemovalCount();
  if (cause.IsProcessEnd() && given_up != 0) {
    return absl::InternalError(
        absl::StrCat(given_up, " temp dirs could not be removed"));
  }
  return absl::OkStatus();
}

void RegisterRoots() {
  const uint32_t process = finalize::OwnerProcess().number();
  if (roots_registered.load(std::memory_order_acquire) == process) return;
  if (roots_registered.exchange(process) == process) return;
  // Refused by a drain that is in its last phase: the atexit handler sweeps.
  finalize::Registry::Process()
      .TryRegister(finalize::Options("temp dir roots").set_phase(kRootPhase),
                   SweepRoots())
      .IgnoreError();
}

// What the finalizer holds; a dump and a report show it as a path.
struct Directory {
  std::string_view native() const { return owned->description(); }

  std::shared_ptr<OwnedDirectory> owned;
};

// The callback of the finalizer. A call is Remove() or the destructor, which
// look after a failure themselves; all other causes are drains.
struct RemoveTempDir {
  static constexpr bool kUnnamed = true;  // the finalizer has a name

  absl::Status operator()(const finalize::Cause& cause,
                          const Directory& directory) const {
    OwnedDirectory& owned = *directory.owned;
    if (cause == finalize::Cause::Kind::kCall) return owned.Remove();
    if (EndsInACrash()) return absl::OkStatus();
    if (cause.IsProcessEnd()) tempdir_internal::BeginExitPatience();
    if (owned.CancelCreation()) return absl::OkStatus();
    absl::Status status = owned.RemoveImplicitly();
    if (status.ok()) return status;
    tempdir_internal::HandleFailureInDrain(owned, status);
    if (owned.removed()) return absl::OkStatus();
    return tempdir_internal::WithFate(
        owned, status,
        cause.IsProcessEnd() ? tempdir_internal::LeftToReaper(owned)
                             : tempdir_internal::LeftToExit());
  }
};

finalize::Options OptionsOf(const OwnedDirectory& directory) {
  return finalize::Options(tempdir_internal::TaskOf(directory))
      .set_place(directory.options().place())
      .set_phase(kTempDirPhase);
}

// Its finalizer has run: it has left the removal to the background.
bool RetryAtExit(std::shared_ptr<OwnedDirectory> directory) noexcept {
  if (directory == nullptr) return false;
  const finalize::Options options = OptionsOf(*directory);
  return finalize::Registry::Process()
      .TryRegister(options, RemoveTempDir(), Directory{std::move(directory)})
      .ok();
}

}  // namespace

// A registry that refuses the finalizer runs it at once, which cancels the
// directory: Create returns Cancelled.
absl::StatusOr<FinalizerTempDir> FinalizerTempDir::Create(
    TempDirOptions options) {
  return Own(std::make_shared<OwnedDirectory>(std::move(options)));
}

absl::StatusOr<FinalizerTempDir> FinalizerTempDir::Own(
    std::shared_ptr<OwnedDirectory> directory) {
  if (RefusesThisThread()) {
    return absl::CancelledError(absl::StrCat("the process is ending: no ",
                                             directory->kind(), " is created"));
  }
  if (finalize::CrashGate::Refuses()) {
    return absl::CancelledError(absl::StrCat("the process crashed: no ",
                                             directory->kind(), " is created"));
  }
  RegisterRoots();
  directory->set_retry(&RetryAtExit);
  auto finalizer = finalize::Registry::Process().RegisterRetryable(
      OptionsOf(*directory).set_if_closed(finalize::IfClosed::kRunNow),
      RemoveTempDir(), Directory{directory});
  absl::Status status = directory->Create();
  if (!status.ok()) {
    finalizer.Cancel();
    return status;
  }
  return FinalizerTempDir(std::move(directory), std::move(finalizer));
}

FinalizerTempDir::FinalizerTempDir(std::shared_ptr<OwnedDirectory> directory,
                                   finalize::Finalizer<absl::Status> finalizer)
    : directory_(std::move(directory)),
      finalizer_(std::move(finalizer)),
      exceptions_(std::uncaught_exceptions()) {}

FinalizerTempDir::FinalizerTempDir(FinalizerTempDir&& other) noexcept
    : directory_(std::move(other.directory_)),
      finalizer_(std::exchange(other.finalizer_, {})),
      exceptions_(other.exceptions_) {}

FinalizerTempDir& FinalizerTempDir::operator=(
    FinalizerTempDir&& other) noexcept {
  if (this == &other) return *this;
  End();
  directory_ = std::move(other.directory_);
  finalizer_ = std::exchange(other.finalizer_, {});
  exceptions_ = other.exceptions_;
  return *this;
}

FinalizerTempDir::~FinalizerTempDir() { End(); }

void FinalizerTempDir::End() noexcept {
  if (directory_ == nullptr || !directory_->IsOurs()) return;
  if (finalize::CrashGate::Refuses()) return;
  const absl::Status status = EndOnce();
  if (!status.ok()) {
    tempdir_internal::HandleFailure(
        *directory_, status,
        finalizer_.alive() ? tempdir_internal::LeftToExit()
                           : tempdir_internal::LeftToReaper(*directory_));
  }
}

absl::Status FinalizerTempDir::EndOnce() {
  if (directory_->removing()) return absl::OkStatus();
  if (std::uncaught_exceptions() > exceptions_) directory_->MarkFailed();
  if (!directory_->KeepsOnEnd()) {
    absl::Status status = Remove();
    // Keep() was called, or a drain kept it.
    return directory_->kept() ? absl::OkStatus() : status;
  }
  absl::Status status = directory_->RemoveImplicitly();
  if (status.ok()) finalizer_.Cancel();
  return status;
}

const Path& FinalizerTempDir::path() const {
  return directory_ != nullptr ? directory_->path()
                               : tempdir_internal::NoPath();
}

TempDirGuarantees FinalizerTempDir::guarantees() const {
  return directory_ != nullptr ? directory_->guarantees() : TempDirGuarantees();
}

absl::Status FinalizerTempDir::Remove() {
  if (directory_ == nullptr) return tempdir_internal::MovedFrom();
  const uint32_t seen = directory_->attempts();
  if (std::optional<absl::Status> status = finalizer_.Run()) {
    return *std::move(status);
  }
  if (!finalizer_.Wait(absl::InfinitePast())) {
    finalizer_.Wait();
    return directory_->Outcome();
  }
  // It has ended, or this is its failure callback: one more try.
  return directory_->RemoveAfter(seen);
}

bool FinalizerTempDir::removed() const {
  return directory_ != nullptr && directory_->removed();
}

// Kept first, then taken out of the registry: it is never without an owner. A
// drain in between finds that there is nothing to remove.
absl::StatusOr<Path> FinalizerTempDir::Keep() {
  if (directory_ == nullptr) return tempdir_internal::MovedFrom();
  absl::StatusOr<Path> kept = directory_->Keep();
  if (kept.ok()) finalizer_.Cancel();
  return kept;
}

absl::StatusOr<Path> FinalizerTempDir::Keep(PathArgument destination,
                                            IfExists if_exists) {
  if (directory_ == nullptr) return tempdir_internal::MovedFrom();
  auto kept = directory_->KeepAt(destination.text(), if_exists);
  if (directory_->kept()) finalizer_.Cancel();
  return kept;
}

absl::StatusOr<PassedLock> FinalizerTempDir::PassLock() const {
  if (directory_ == nullptr) return tempdir_internal::MovedFrom();
  const absl::StatusOr<int> fd = directory_->OpenLock();
  if (!fd.ok()) return fd.status();
  return PassedLock(*fd);
}

void FinalizerTempDir::MarkFailed() {
  if (directory_ != nullptr) directory_->MarkFailed();
}

void FinalizerTempDir::swap(FinalizerTempDir& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(finalizer_, other.finalizer_);
  std::swap(exceptions_, other.exceptions_);
}

}  // namespace tempdir
