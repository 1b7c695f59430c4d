// FinalizerTempDir: a temporary directory that goes with its object or with
// its process, whichever ends first.
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
// Its removal is a finalizer in the process registry (finalize/registry.h),
// registered before the directory is made: its destructor, Remove() and every
// drain of the registry race for the one removal. So exit() also removes what
// leaked, what a cycle of shared_ptrs or a detached thread holds, and what is
// in the frames that it abandons. Phase kTempDirPhase: temp dirs go after
// whatever else the program registered at a phase that is not lower, newest
// first. A removal that fails is pending again, for the next one to try.
//
// A Create that a drain meets half-way undoes its work and returns Cancelled;
// so does one after the process registry has closed, and, once exit() has
// removed the temp dirs, one on any other thread than the one that drained.
// destructor_temp_dir.h says what happens in a crash.
//
// destructor_temp_dir.h says what both styles promise of the directory, of
// Remove(), Keep() and removed(), of moving, of fork() and of threads. What is
// different here:
//   - A Remove() that meets a drain waits for it and takes its outcome.
//   - After a failure in the destructor the directory is not given up: exit()
//     tries once more.
//   - A failure at exit is in the report of that drain and goes to the failure
//     reporter, whatever TempDirOptions::CallOnFailure says besides.
//   - An object may outlive the exit drain: then its directory is gone,
//     Remove() returns OK and the destructor does nothing.
//
// What exit() does not see removes nothing: _exit, quick_exit, exec, abort, a
// signal. (finalize/exit_hooks.h takes quick_exit and signals, if asked.)
#ifndef TEMPDIR_FINALIZER_TEMP_DIR_H_
#define TEMPDIR_FINALIZER_TEMP_DIR_H_

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "finalize/finalizer.h"
#include "finalize/info.h"
#include "tempdir/if_exists.h"
#include "tempdir/internal/owned_directory.h"
#include "tempdir/passed_lock.h"
#include "tempdir/path_argument.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir {

// The phase of every temp dir: temp dirs are released last.
constexpr int kTempDirPhase = -1000000;

class [[nodiscard]] FinalizerTempDir {
 public:
  // As DestructorTempDir::Create; Cancelled if the process is ending.
  static absl::StatusOr<FinalizerTempDir> Create(TempDirOptions options = {});

  FinalizerTempDir(FinalizerTempDir&& other) noexcept;
  FinalizerTempDir& operator=(FinalizerTempDir&& other) noexcept;
  ~FinalizerTempDir();

  // Where it was made; it does not change when the directory is removed or
  // kept.
  const boost::filesystem::path& path() const;

  // What the place where it was made allows (temp_dir_guarantees.h); all of it
  // if moved from.
  TempDirGuarantees guarantees() const;

  absl::Status Remove();
  bool removed() const;
  absl::StatusOr<boost::filesystem::path> Keep();
  absl::StatusOr<boost::filesystem::path> Keep(
      PathArgument destination, IfExists if_exists = IfExists::kRefuse);

  // A lock for a program that this process executes (passed_lock.h).
  // FailedPrecondition once it is removed or kept.
  absl::StatusOr<PassedLock> PassLock() const;

  // Tells a directory with TempDirOptions::KeepOnFailure that this is one.
  void MarkFailed();

  // Shows the finalizer that removes it (finalize/info.h); nothing if none is
  // pending: it was removed or kept, or was moved from.
  std::optional<finalize::Info> Peek() const { return finalizer_.Peek(); }

  void swap(FinalizerTempDir& other) noexcept;
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
  int exceptions_ = 0;  // in flight when it was made
};

}  // namespace tempdir

#endif  // TEMPDIR_FINALIZER_TEMP_DIR_H_
