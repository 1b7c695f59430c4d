// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/failure_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/failure_mark.h"
#include "tempdir/internal/marks/keep_mark.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/root/directory_lock.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/internal/system/random_name.h"

namespace tempdir_internal {
namespace {

absl::Status CannotKeep(const FailedEntry& failed, int error) {
  return absl::ErrnoToStatus(
      error,
      absl::StrCat("cannot keep ", finalize::EscapedText(failed.entry.path)));
}

// Others get through to what is kept if its own mode lets them in.
mode_t ModeFor(mode_t kept) {
  return 0700 | ((kept & 0070) != 0 ? 0050 : 0) | ((kept & 0007) != 0 ? 05 : 0);
}

// One without a root has a root's name.
std::string NameFor(const FailedEntry& failed) {
  if (!ParseRootName(failed.entry.name)) return failed.entry.name;
  std::string name(failed.prefix);
  if (!AppendRandomLetters(&name, kNameLetters)) return failed.entry.name;
  return name.append(failed.suffix);
}

int MoveInto(const FailedEntry& failed, int directory,
             const std::string& name) {
  if (!MarkAsFailure(directory, failed.prefix)) return errno;
  return MoveEntry(failed.entry, directory, name);
}

absl::StatusOr<std::string> MoveFrom(const FailedEntry& failed, int parent_fd) {
  auto made = MakePrivateDirectory(
      parent_fd, {RootPrefix(geteuid()), "", kRootLetters, ModeFor(failed.mode),
                  failed.parent, &AppendRandomLetters, true, true});
  if (!made.ok()) return made.status();
  const absl::StatusOr<int> fd = OpenLocked(parent_fd, made->name.c_str());
  const std::string name = NameFor(failed);
  int error = EBUSY;
  if (fd.ok()) {
    error = MoveInto(failed, *fd, name);
    if (error != 0) unlinkat(*fd, kKeepMark, 0);
    close(*fd);
  }
  if (error == 0) {
    return absl::StrCat(failed.parent == "/" ? "" : failed.parent, "/",
                        made->name, "/", name);
  }
  unlinkat(parent_fd, made->name.c_str(), AT_REMOVEDIR);
  return fd.ok() ? CannotKeep(failed, error) : fd.status();
}

}  // namespace

absl::StatusOr<std::string> MoveFailure(const FailedEntry& failed) {
  const int parent = openat(failed.entry.directory, failed.up,
                            O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return CannotKeep(failed, errno);
  absl::StatusOr<std::string> kept = MoveFrom(failed, parent);
  close(parent);
  return kept;
}

}  // namespace tempdir_internal
