// TempFile: a temporary file that is removed with its object or with its
// process, whichever ends first.
//
//   absl::Status Sort(const Table& table) {
//     auto run = tempdir::TempFile::Create(
//         tempdir::TempDirOptions().Prefix("run-").Suffix(".tbl"));
//     if (!run.ok()) return run.status();
//     absl::Status written = run->Write(table.bytes());
//     if (!written.ok()) return written;
//     Merge(run->path());
//     return run->Remove();  // or leave it to the destructor, or to exit()
//   }
//
// It is a FinalizerTempDir (finalizer_temp_dir.h) that is a file: the same root
// and so the same reapers and the same removal in a crash, the same triggers
// and order, the same rules for fork, moving and threads, the same Remove(),
// Keep(), removed() and failures. What differs:
//   - The object holds an open descriptor, for reading and writing, with
//     FD_CLOEXEC. A file without a reader or a writer needs none: Close() it,
//     and before the file is executed (ETXTBSY).
//   - Its mode is 0600, whatever the umask, unless TempDirOptions::Mode() says
//     otherwise. A file system that ignores modes gives its own, except if
//     Mode() was called: then Create fails.
//   - TempDirOptions::Directly() is an InvalidArgument (reapers remove
//     directories only), and RemoveInBackground() has no effect.
//   - Remove() removes the name. The descriptor stays open, and the content
//     occupies the disk, until Close() or the destructor. FUSE and NFS give a
//     file that is removed while it is open a hidden name until then: there its
//     root may stay for the next reaping. Close() it first.
//   - Keep(destination) publishes the file as the object has written it:
//   readers
//     see nothing there, or all of it. Call fsync(fd()) before, if it must
//     survive a power loss.
//
// Anonymous() makes a file that has no name, so nothing needs to be removed,
// however the process ends:
//
//   auto scratch = tempdir::TempFile::Anonymous();
//   if (!scratch.ok()) return scratch.status();
//   pwrite(scratch->fd(), bytes.data(), bytes.size(), 0);
//
// Its path() is empty, Remove() is Close(), and Keep(destination) gives it a
// name. If the file system has no O_TMPFILE it is created in the root under a
// name that is removed at once, and Keep(destination) is a FailedPrecondition.
//
// Fork: a child may use the descriptor that it inherited, whose position it
// shares; it removes nothing.
//
// Below: a path inside a temp dir, and a file that is there whole or not at
// all.
//
//   auto path = tempdir::PathInside(dir.path(), "objects/main.o");
//   if (!path.ok()) return path.status();
//   return tempdir::WriteFileAtomically(*path, bytes);
//
// Both are thread-safe and keep no state. A TempFile is thread-safe as a temp
// dir is; Write() and the position of the descriptor are for one thread.

#ifndef TEMPDIR_TEMP_FILE_H_
#define TEMPDIR_TEMP_FILE_H_

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/filesystem/path.hpp"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/if_exists.h"
#include "tempdir/internal/owned_descriptor.h"
#include "tempdir/passed_lock.h"
#include "tempdir/path_argument.h"
#include "tempdir/temp_dir_guarantees.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir {

class [[nodiscard]] TempFile {
 public:
  struct CloseStream {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };
  using Stream = std::unique_ptr<std::FILE, CloseStream>;

  // Makes an empty file. The errors are those of DestructorTempDir::Create;
  // FailedPrecondition as well if the file system does not give the mode that
  // was asked for.
  static absl::StatusOr<TempFile> Create(TempDirOptions options = {});
  // Makes one without a name, in the parent itself. Of the options only the
  // parent and the mode matter.
  static absl::StatusOr<TempFile> Anonymous(TempDirOptions options = {});

  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&& other) noexcept;
  ~TempFile();

  // Where it was made; it does not change when the file is removed or kept.
  // Empty for an anonymous one.
  const boost::filesystem::path& path() const;
  // The object's; -1 after Close().
  int fd() const;

  // As FinalizerTempDir's; all of it for an anonymous file, to which no path
  // leads and which nothing has to remove.
  TempDirGuarantees guarantees() const;

  // Writes all of it at the descriptor's position.
  absl::Status Write(std::string_view contents);
  // Returns a stream with a descriptor of its own, which shares the position;
  // null, with errno set, if fdopen(3) refuses `mode`, or no descriptor is
  // left. It may outlive this object.
  Stream OpenStream(const char* mode) const;
  // Closes the descriptor; the file stays. Returns what close(2) reports.
  absl::Status Close();

  absl::Status Remove();
  bool removed() const;
  absl::StatusOr<boost::filesystem::path> Keep();
  // As FinalizerTempDir's. After an exchange fd() is still the published file,
  // and path() has what was there before.
  absl::StatusOr<boost::filesystem::path> Keep(
      PathArgument destination, IfExists if_exists = IfExists::kRefuse);

  // As FinalizerTempDir's; an anonymous file has none.
  absl::StatusOr<PassedLock> PassLock() const;

  // Tells a file with TempDirOptions::KeepOnFailure that this is one.
  void MarkFailed();

  void swap(TempFile& other) noexcept;
  friend void swap(TempFile& a, TempFile& b) noexcept { a.swap(b); }

 private:
  TempFile(std::optional<FinalizerTempDir> owner,
           std::shared_ptr<tempdir_internal::OwnedDescriptor> descriptor);
  static absl::StatusOr<TempFile> Unlinked(TempDirOptions options,
                                           const std::string& parent,
                                           int error);

  std::optional<FinalizerTempDir> owner_;  // of a file that has a name
  std::shared_ptr<tempdir_internal::OwnedDescriptor> descriptor_;
};

// Returns `directory`/`name`, without the components "." and the double slashes
// of `name`: the member "./a" of an archive is `directory`/a, and its member
// "./" is `directory`. InvalidArgument if `name` is empty or absolute, has a
// NUL in it, or a component "..": the result is never outside the directory
// (unless a symbolic link in there leads out). Touches no disk.
absl::StatusOr<boost::filesystem::path> PathInside(PathArgument directory,
                                                   PathArgument name);

// Writes `contents` to a file beside `path` and renames it to `path`, with
// mode 0600: whoever opens `path` sees all of the old file or all of the new
// one, also after a failure here, which leaves no other file behind. It is not
// forced to the disk: what is temporary need not survive a power loss.
absl::Status WriteFileAtomically(PathArgument path, std::string_view contents);

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_FILE_H_
