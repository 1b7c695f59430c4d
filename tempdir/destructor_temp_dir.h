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
// Plain RAII: nothing is registered anywhere, so a directory whose destructor
// does not run stays: one that leaked, one held by a cycle of shared_ptrs, by
// a detached thread, or by a frame that exit() abandons. finalizer_temp_dir.h
// has the same interface and covers those; tempdir/design.md compares the two.
//
// The directory: made by Create with mode 0700, whatever the umask, under a
// name that cannot be guessed, as temp_dir_options.h says. path() is absolute
// and means the same after chdir(). The object knows its directory, not just
// its name: where another directory stands at path() by now, that one is never
// removed, and the status says so and where the own one went, if it is near.
//
// Remove() returns why it failed, and can be called again; once it succeeded
// it returns OK for ever. Of several threads that call it at once one works
// and the others wait and take its outcome. Removed by somebody else counts as
// removed. removed() is true only when the content is gone.
//
// Keep() moves the directory to `<parent>/<its name>`, a file name as before,
// and returns where it is: nobody removes it from then on. (Where the parent
// does not let it in, it stays where it is, in a root that is marked `.keep`.)
//
// Keep(destination) publishes it under that name, in one step: readers see no
// directory there, or the whole one. Nothing that stands there is replaced:
// AlreadyExists, and the directory is removed later as before. With
// IfExists::kExchange the two change places: what was there is at path() then.
// From then on the object owns and removes that one (exchange again to take it
// back). If nothing was there, it is published. A relative destination counts
// from the current directory. FailedPrecondition: the destination is on another
// file system or mount (use Parent() to make it on that one), or, for an
// exchange, it is no directory, or this one was made Directly(). Unimplemented:
// the file system cannot exchange. Nothing is forced to the disk.
//
// The destructor removes the directory, unless the options say to keep it; it
// never throws: a failure goes where TempDirOptions::CallOnFailure says, and
// then the directory is given up.
//
// Move-only. A moved-from one owns nothing: its path() is empty, Remove() and
// Keep() return FailedPrecondition. Assigning over one that owns a directory
// removes that first; self-assignment does nothing.
//
// Fork: a child owns nothing of what it inherited. Its destructors and exit()
// leave the directory alone, Remove() and Keep() return FailedPrecondition. A
// daemonising child may adopt it (finalize/adopt_after_fork.h); one on which
// another thread of the parent was at work at the fork stays the parent's.
//
// Crash: with ExitHooks::crash (finalize/exit_hooks.h) the process removes its
// temp dirs in the handler. A thread that calls Create, Remove, Keep or a
// destructor from then on waits until the process has ended. On a thread that
// crashes, and so in crash callbacks and handlers, Create, Remove and Keep
// return Cancelled, and destructors do nothing. Opening path() fails with
// ENOENT from then on. Directories that a thread creates anew at such a path,
// as create_directories() does, are left; a reaper removes them (reap.h).
//
// Thread-safe for path(), Remove(), Keep(), removed() and MarkFailed(); moves,
// assignments and the destructor are for one thread alone, as ever.
#ifndef TEMPDIR_DESTRUCTOR_TEMP_DIR_H_
#define TEMPDIR_DESTRUCTOR_TEMP_DIR_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "tempdir/if_exists.h"
#include "tempdir/internal/owned_directory.h"
#include "tempdir/passed_lock.h"
#include "tempdir/path_argument.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir {

class [[nodiscard]] DestructorTempDir {
 public:
  // Makes a directory. InvalidArgument: options or TMPDIR are of no use;
  // NotFound: the parent is missing; FailedPrecondition: it is not a
  // directory, or what the options insist on does not hold there;
  // PermissionDenied: it may not be written; ResourceExhausted: no space, no
  // inodes, no descriptors; Cancelled: this thread crashes, and with it the
  // process;
  // Aborted: the parent lies in a temp dir that a reaper is removing. The
  // message names the path.
  static absl::StatusOr<DestructorTempDir> Create(TempDirOptions options = {});

  DestructorTempDir(DestructorTempDir&& other) noexcept;
  DestructorTempDir& operator=(DestructorTempDir&& other) noexcept;
  ~DestructorTempDir();

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

  void swap(DestructorTempDir& other) noexcept;
  friend void swap(DestructorTempDir& a, DestructorTempDir& b) noexcept {
    a.swap(b);
  }

 private:
  explicit DestructorTempDir(
      std::shared_ptr<tempdir_internal::OwnedDirectory> directory);
  void End() noexcept;

  std::shared_ptr<tempdir_internal::OwnedDirectory> directory_;
  int exceptions_ = 0;  // in flight when it was made
};

}  // namespace tempdir

#endif  // TEMPDIR_DESTRUCTOR_TEMP_DIR_H_
