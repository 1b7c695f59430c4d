// SPDX-License-Identifier: Apache-2.0

// DestructorTempDir: a temporary directory that its destructor removes.
//
//   #include "tempdir/destructor_temp_dir.h"
//
//   absl::Status Build() {
//     auto dir = tempdir::DestructorTempDir::Create();
//     if (!dir.ok()) return dir.status();
//     WriteObjects(dir->path());
//     return dir->Remove();  // or leave it to the destructor
//   }
//
// temp_dir.h says what it shares with FinalizerTempDir: the directory,
// Remove(), Keep(), moves, fork, crashes and threads. What differs:
//
// Trigger: only the destructor and Remove(). Nothing is registered anywhere, so
//   a directory stays if its destructor does not run: because the object
//   leaked, or is held by a cycle of shared_ptrs, by a detached thread, or by a
//   stack frame that exit() abandons. finalizer_temp_dir.h covers these cases;
//   tempdir/design.md compares the two.
// Failure: the destructor removes the directory, unless the options say to keep
//   it. If that fails, it reports as TempDirOptions::set_failure_callback says,
//   and gives the directory up.
//
// Not covered: no end of the process removes the directory, except by running
// the destructor.
//
// Thread-safe, except: moves, assignments and the destructor.
#ifndef TEMPDIR_DESTRUCTOR_TEMP_DIR_H_
#define TEMPDIR_DESTRUCTOR_TEMP_DIR_H_

#include <filesystem>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/export.h"
#include "tempdir/internal/owned/owned_directory.h"
#include "tempdir/passed_lock.h"
#include "tempdir/path.h"
#include "tempdir/path_argument.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir {

class [[nodiscard]] TEMPDIR_PATH_ABI DestructorTempDir {
 public:
  // Creates a directory. The message of an error names the path.
  //   InvalidArgument     the options or TMPDIR are invalid
  //   NotFound            the parent does not exist
  //   FailedPrecondition  the parent is not a directory, or something that the
  //                       options require does not hold there
  //   PermissionDenied    the parent cannot be written
  //   ResourceExhausted   there is no space, no inode or no descriptor
  //   Cancelled           the process is crashing on this thread
  //   Aborted             the parent is inside a temp dir that a reaper is
  //                       removing
  FINALIZE_EXPORT static absl::StatusOr<DestructorTempDir> Create(
      TempDirOptions options = {});

  FINALIZE_EXPORT DestructorTempDir(DestructorTempDir&& other) noexcept;
  FINALIZE_EXPORT DestructorTempDir& operator=(
      DestructorTempDir&& other) noexcept;
  FINALIZE_EXPORT ~DestructorTempDir();

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

  // Makes the destructor keep the directory, if the options have
  // TempDirOptions::set_keep_on_failure.
  FINALIZE_EXPORT void MarkFailed();

  FINALIZE_EXPORT void swap(DestructorTempDir& other) noexcept;
  friend void swap(DestructorTempDir& a, DestructorTempDir& b) noexcept {
    a.swap(b);
  }

 private:
  explicit DestructorTempDir(
      std::shared_ptr<tempdir_internal::OwnedDirectory> directory);
  void End() noexcept;

  std::shared_ptr<tempdir_internal::OwnedDirectory> directory_;
  int exceptions_ = 0;  // in flight when it was created
};

}  // namespace tempdir

#endif  // TEMPDIR_DESTRUCTOR_TEMP_DIR_H_
