// SPDX-License-Identifier: Apache-2.0

// TempFile: a temporary file that is removed with its object or with its
// process, whichever ends first.
//
//   absl::Status Sort(const Table& table) {
//     auto run = tempdir::TempFile::Create(
//         tempdir::TempDirOptions().set_prefix("run-").set_suffix(".tbl"));
//     if (!run.ok()) return run.status();
//     absl::Status written = run->Write(table.bytes());
//     if (!written.ok()) return written;
//     Merge(run->path());
//     return run->Remove();  // or leave it to the destructor, or to exit()
//   }
//
// A TempFile is a FinalizerTempDir (temp_dir.h, finalizer_temp_dir.h) that is a
// file: it has the same root, reapers, triggers and order, the same removal in
// a crash, the same Remove(), Keep() and removed(), and the same rules for
// failures, fork, moves and threads. What differs:
//
// Descriptor: the object holds one, open for reading and writing, with
//   FD_CLOEXEC. Close() it if it is not needed, and before the file is executed
//   (ETXTBSY).
// Mode: 0600, whatever the umask, unless TempDirOptions::set_mode() says
//   otherwise. A file system that ignores modes uses its own; if set_mode() was
//   called, Create then fails.
// Options: set_direct() is an InvalidArgument, because reapers remove only
//   directories. set_remove_in_background() has no effect.
// Remove() removes the name. The content occupies the disk until Close() or the
//   destructor. FUSE and NFS rename a file that is removed while it is open to
//   a hidden name, so its root may stay until it is reaped: Close() it first.
// Keep(destination) publishes the file as the object has written it: readers
//   see nothing at the destination, or all of it. Call fsync(fd()) before if it
//   must survive a power loss.
// Anonymous() creates a file without a name, so nothing needs to be removed,
//   however the process ends. Its path() is empty, Remove() is Close(), and
//   Keep(destination) gives it a name. If the file system has no O_TMPFILE, the
//   file is created in the root, its name is removed at once, and
//   Keep(destination) returns FailedPrecondition.
// Fork: a child may use the descriptor that it inherited, and shares its
//   position. The child removes nothing.
//
// Thread-safe, except: moves, assignments, the destructor, Write() and the
// position of the descriptor. PathInside and WriteFileAtomically keep no state.
#ifndef TEMPDIR_TEMP_FILE_H_
#define TEMPDIR_TEMP_FILE_H_

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/export.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/internal/identity/owned_descriptor.h"
#include "tempdir/passed_lock.h"
#include "tempdir/path.h"
#include "tempdir/path_argument.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir {

class [[nodiscard]] TEMPDIR_PATH_ABI TempFile {
 public:
  struct CloseStream {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };
  using Stream = std::unique_ptr<std::FILE, CloseStream>;

  // Creates an empty file. The errors are those of FinalizerTempDir::Create,
  // and FailedPrecondition if the file system refuses the mode that was asked
  // for.
  FINALIZE_EXPORT static absl::StatusOr<TempFile> Create(
      TempDirOptions options = {});
  // Creates a file without a name in the parent:
  //
  //   auto scratch = tempdir::TempFile::Anonymous();
  //   if (!scratch.ok()) return scratch.status();
  //   pwrite(scratch->fd(), bytes.data(), bytes.size(), 0);
  //
  // Of the options, only the parent and the mode matter.
  FINALIZE_EXPORT static absl::StatusOr<TempFile> Anonymous(
      TempDirOptions options = {});

  FINALIZE_EXPORT TempFile(TempFile&& other) noexcept;
  FINALIZE_EXPORT TempFile& operator=(TempFile&& other) noexcept;
  FINALIZE_EXPORT ~TempFile();

  // Returns where the file was created. This does not change when it is removed
  // or kept. Empty for an anonymous file.
  FINALIZE_EXPORT const Path& path() const;
  // The same as a std::filesystem::path (path.h has other types).
  std::filesystem::path std_path() const { return path().native(); }
  // Returns the object's descriptor, or -1 after Close().
  FINALIZE_EXPORT int fd() const;

  // As FinalizerTempDir::guarantees(). For an anonymous file everything holds,
  // because no path leads to it and nothing has to remove it.
  FINALIZE_EXPORT TempDirGuarantees guarantees() const;

  // Writes all of `contents` at the descriptor's position.
  FINALIZE_EXPORT absl::Status Write(std::string_view contents);
  // Returns a stream with a separate descriptor that shares the position. The
  // stream may outlive this object. Returns null, with errno set, if fdopen(3)
  // refuses `mode` or no descriptor is left.
  FINALIZE_EXPORT Stream OpenStream(const char* mode) const;
  // Closes the descriptor; the file stays. Returns what close(2) reports.
  FINALIZE_EXPORT absl::Status Close();

  FINALIZE_EXPORT absl::Status Remove();
  FINALIZE_EXPORT bool removed() const;
  FINALIZE_EXPORT absl::StatusOr<Path> Keep();
  // As FinalizerTempDir::Keep (temp_dir_options.h). After an exchange, fd() is
  // still the published file, and path() has what was at the destination
  // before.
  FINALIZE_EXPORT absl::StatusOr<Path> Keep(
      PathArgument destination, IfExists if_exists = IfExists::kRefuse);

  // As FinalizerTempDir::PassLock(). An anonymous file has no lock.
  FINALIZE_EXPORT absl::StatusOr<PassedLock> PassLock() const;

  // Makes the destructor and exit() keep the file, if the options have
  // TempDirOptions::set_keep_on_failure.
  FINALIZE_EXPORT void MarkFailed();

  FINALIZE_EXPORT void swap(TempFile& other) noexcept;
  friend void swap(TempFile& a, TempFile& b) noexcept { a.swap(b); }

 private:
  TempFile(std::optional<FinalizerTempDir> owner,
           std::shared_ptr<tempdir_internal::OwnedDescriptor> descriptor);
  static absl::StatusOr<TempFile> Unlinked(TempDirOptions options,
                                           const std::string& parent,
                                           int error);

  std::optional<FinalizerTempDir> owner_;  // if the file has a name
  std::shared_ptr<tempdir_internal::OwnedDescriptor> descriptor_;
};

// Returns `directory`/`name`, without components "." and double slashes of
// `name`: for the member "./a" of an archive `directory`/a, and for its member
// "./" `directory`. Returns InvalidArgument if `name` is empty or absolute,
// contains a NUL, or has a component "..": the result is never outside the
// directory, unless a symbolic link inside it leads out. Does not access the
// disk.
//
//   auto path = tempdir::PathInside(dir.path(), "objects/main.o");
//   if (!path.ok()) return path.status();
//   return tempdir::WriteFileAtomically(*path, bytes);
TEMPDIR_PATH_ABI FINALIZE_EXPORT absl::StatusOr<Path> PathInside(
    PathArgument directory, PathArgument name);

// Writes `contents` to a file beside `path` and renames it to `path`, with mode
// 0600. A reader of `path` sees all of the old file or all of the new one, also
// if this call fails; a failure leaves no other file behind. Nothing is forced
// to the disk, because temporary files need not survive a power loss.
FINALIZE_EXPORT absl::Status WriteFileAtomically(PathArgument path,
                                                 std::string_view contents);

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_FILE_H_
