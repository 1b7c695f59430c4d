// SPDX-License-Identifier: Apache-2.0

// FinalizerTempDir: a temporary directory that is removed with its object or
// with its process, whichever ends first.
//
//   #include "tempdir/finalizer_temp_dir.h"
//
//   absl::Status Build() {
//     auto dir = tempdir::FinalizerTempDir::Create();
//     if (!dir.ok()) return dir.status();
//     WriteObjects(dir->path());
//     return dir->Remove();  // or leave it to the destructor, or to exit()
//   }
//
// temp_dir.h says what it shares with DestructorTempDir: the directory,
// Remove(), Keep(), moves, fork, crashes and threads. What differs:
//
// Trigger: its removal is a finalizer in the process registry
//   (finalize/registry.h), registered before the directory is created. The
//   destructor, Remove() and every drain of the registry race for the one
//   removal. So exit() also removes directories that leaked, that are held by a
//   cycle of shared_ptrs or by a detached thread, or that belong to stack
//   frames it abandons.
// Order: phase kTempDirPhase. Temp dirs are removed after everything that the
//   program registered at a phase that is not lower, newest first.
// Threads: a Remove() that meets a drain waits for it and returns its outcome.
// Failure: a removal that fails is pending again, for the next trigger. If the
//   destructor fails, exit() tries once more. A failure at exit is in the
//   report of the drain and goes to the failure reporter, whatever else
//   TempDirOptions::set_failure_callback says.
// Lifetime: an object may outlive the drain at exit. Its directory has been
//   removed then, Remove() returns OK, and the destructor does nothing. But
//   exit() destroys a static object that Create() initializes before the drain,
//   so callbacks find its directory removed. If they need the directory, never
//   destroy the object. exit() then removes the directory after them:
//
//     static auto& dir = *new auto(tempdir::TempDir::Create());
//
// End of the process: Create returns Cancelled, and leaves nothing, if a drain
//   meets it before it has finished, or if the process registry has closed.
//   After exit() has removed the temp dirs, it does so on every thread except
//   the one that drained.
//
// Not covered: _exit, quick_exit, exec, abort and signals remove nothing.
// (finalize/exit_hooks.h adds handlers for quick_exit, signals and crashes.)
//
// Thread-safe, except: moves, assignments and the destructor.
#ifndef TEMPDIR_FINALIZER_TEMP_DIR_H_
#define TEMPDIR_FINALIZER_TEMP_DIR_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/export.h"
#include "finalize/finalizer.h"
#include "finalize/report.h"
#include "tempdir/internal/owned/owned_directory.h"
#include "tempdir/passed_lock.h"
#include "tempdir/path.h"
#include "tempdir/path_argument.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir {

// The phase of every temp dir: they are removed last.
constexpr int kTempDirPhase = -1000000;

class TEMPDIR_PATH_ABI TempFile;

class [[nodiscard]] TEMPDIR_PATH_ABI FinalizerTempDir {
 public:
  // Creates a directory. The errors are those of DestructorTempDir::Create, and
  // Cancelled if the process is ending.
  FINALIZE_EXPORT static absl::StatusOr<FinalizerTempDir> Create(
      TempDirOptions options = {});

  FINALIZE_EXPORT FinalizerTempDir(FinalizerTempDir&& other) noexcept;
  FINALIZE_EXPORT FinalizerTempDir& operator=(
      FinalizerTempDir&& other) noexcept;
  FINALIZE_EXPORT ~FinalizerTempDir();

  // Returns where the directory was created. This does not change when it is
  // removed or kept.
  FINALIZE_EXPORT const Path& path() const;
  // The same as a std::filesystem::path (path.h has other types).
  std::filesystem::path std_path() const { return path().native(); }

  // Returns what holds at the place where it was created
  // (temp_dir_guarantees.h). After a move, returns that everything holds.
  FINALIZE_EXPORT TempDirGuarantees guarantees() const;

  FINALIZE_EXPORT absl::Status Remove();
  FINALIZE_EXPORT bool removed() const;
  FINALIZE_EXPORT absl::StatusOr<Path> Keep();
  FINALIZE_EXPORT absl::StatusOr<Path> Keep(
      PathArgument destination, IfExists if_exists = IfExists::kRefuse);

  // Returns a lock for a program that this process executes (passed_lock.h), or
  // FailedPrecondition if the directory has been removed or kept.
  FINALIZE_EXPORT absl::StatusOr<PassedLock> PassLock() const;

  // Makes the destructor and exit() keep the directory, if the options have
  // TempDirOptions::set_keep_on_failure.
  FINALIZE_EXPORT void MarkFailed();

  // Shows the finalizer that removes the directory (finalize/report.h). Returns
  // nothing if none is pending: the directory was removed or kept, or the
  // object was moved from.
  std::optional<finalize::Info> Peek() const { return finalizer_.Peek(); }

  FINALIZE_EXPORT void swap(FinalizerTempDir& other) noexcept;
  friend void swap(FinalizerTempDir& a, FinalizerTempDir& b) noexcept {
    a.swap(b);
  }

 private:
  friend class TempFile;

  static absl::StatusOr<FinalizerTempDir> Own(
      std::shared_ptr<tempdir_internal::OwnedDirectory> directory);

  FinalizerTempDir(std::shared_ptr<tempdir_internal::OwnedDirectory> directory,
                   finalize::Finalizer<absl::Status> finalizer);
  void End() noexcept;
  absl::Status EndOnce();

  std::shared_ptr<tempdir_internal::OwnedDirectory> directory_;
  finalize::Finalizer<absl::Status> finalizer_;
  int exceptions_ = 0;  // in flight when it was created
};

}  // namespace tempdir

#endif  // TEMPDIR_FINALIZER_TEMP_DIR_H_
