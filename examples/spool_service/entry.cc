// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/entry.h"

#include <archive_entry.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "examples/spool_service/spot.h"
#include "examples/spool_service/system_error.h"

namespace spool_service {
namespace {

constexpr size_t kMaxName = PATH_MAX - 1;
// Every entry walks down from the top.
constexpr size_t kMaxDepth = 128;

absl::Status Refused(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the entry \"", name, "\" ", why));
}

// A system call for the entry or for the target of its link has failed.
absl::Status Failure(const char* name) {
  const int error = errno;
  switch (error) {
    case E2BIG:
      return TooManyEntries();
    case ENOTDIR:
    case ELOOP:
      return Refused(name, "goes through a file or a symlink");
    case EEXIST:
    case EILSEQ:
    case EINVAL:
    case EISDIR:
    case EMLINK:
    case ENAMETOOLONG:
    case EPERM:
      return Refused(name, std::strerror(error));
    default:
      return SystemError(error, name);
  }
}

bool IsInside(absl::string_view path) {
  if (path.empty() || path[0] == '/') return false;
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    if (part == "..") return false;
  }
  return true;
}

// Whether a symbolic link at `path` leads to a place in the directory, whatever
// the other links there are: it may go up only at its beginning, and no further
// than it is deep. (No entry is put through a link, and no hard link gives a
// symbolic link a second place.)
bool LeadsInside(absl::string_view path, absl::string_view target) {
  if (target.empty() || target[0] == '/') return false;
  int depth = static_cast<int>(PartsOf(path).size()) - 1;
  bool at_beginning = true;
  for (absl::string_view part : absl::StrSplit(target, '/')) {
    if (part == "..") {
      if (!at_beginning || --depth < 0) return false;
    } else if (!part.empty() && part != ".") {
      at_beginning = false;
    }
  }
  return true;
}

absl::Status CheckName(const char* name) {
  if (name == nullptr) return Refused("?", "has a name that cannot be read");
  const absl::string_view text(name);
  if (text.size() > kMaxName) {
    return Refused(
        absl::StrCat(text.substr(0, 40), "..."),
        absl::StrCat("has a name of more than ", kMaxName, " bytes"));
  }
  if (PartsOf(text).size() > kMaxDepth) {
    return Refused(
        text, absl::StrCat("is more than ", kMaxDepth, " directories deep"));
  }
  return IsInside(text) ? absl::OkStatus()
                        : Refused(text, "is outside of the archive");
}

absl::Status CreateDirectory(const Spot& spot, const char* path) {
  const int parent = spot.directory.get();
  const char* const name = spot.name.c_str();
  if (*name == '\0' || mkdirat(parent, name, 0700) == 0) {
    return absl::OkStatus();
  }
  struct stat seen;
  const bool there = errno == EEXIST &&
                     fstatat(parent, name, &seen, AT_SYMLINK_NOFOLLOW) == 0 &&
                     S_ISDIR(seen.st_mode);
  return there ? absl::OkStatus() : Failure(path);
}

// linkat() would link a symbolic link itself, and so give it a place for which
// LeadsInside() was not asked.
absl::Status CreateHardLink(const Spot& spot, const char* path, int top,
                            const char* target) {
  const std::optional<Spot> old = FindSpot(top, target, nullptr);
  struct stat seen;
  if (!old || fstatat(old->directory.get(), old->name.c_str(), &seen,
                      AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0) {
    return errno == ENOENT ? Refused(path, "is a link to what is not there")
                           : Failure(target);
  }
  if (!S_ISREG(seen.st_mode)) {
    return Refused(path, "is a hard link to what is not a file");
  }
  unlinkat(spot.directory.get(), spot.name.c_str(), 0);
  if (linkat(old->directory.get(), old->name.c_str(), spot.directory.get(),
             spot.name.c_str(), 0) != 0) {
    return errno == ENOENT ? Refused(path, "is a link to itself")
                           : Failure(path);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckEntry(archive_entry* entry) {
  const char* const name = archive_entry_pathname(entry);
  if (absl::Status status = CheckName(name); !status.ok()) return status;
  if (const char* target = archive_entry_hardlink(entry)) {
    return CheckName(target).ok()
               ? absl::OkStatus()
               : Refused(name, "is a link that leads outside");
  }
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFDIR:
      return absl::OkStatus();
    case AE_IFLNK:
      if (const char* target = archive_entry_symlink(entry);
          target == nullptr || !LeadsInside(name, target)) {
        return Refused(name, "is a link that leads outside");
      }
      return absl::OkStatus();
    default:
      return Refused(name, "is neither a file, nor a directory, nor a link");
  }
}

std::string NameOf(archive_entry* entry) {
  const std::string name =
      absl::StrJoin(PartsOf(archive_entry_pathname(entry)), "/");
  return name.empty() ? "." : name;
}

std::string KindOf(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return "hardlink";
  if (archive_entry_filetype(entry) == AE_IFDIR) return "directory";
  return archive_entry_filetype(entry) == AE_IFLNK ? "symlink" : "file";
}

absl::StatusOr<Descriptor> CreateEntry(archive_entry* entry, int top,
                                       size_t* creatable) {
  const char* const path = archive_entry_pathname(entry);
  const std::optional<Spot> spot = FindSpot(top, path, creatable);
  if (!spot) return Failure(path);
  const char* const target = archive_entry_hardlink(entry);
  absl::Status status;
  if (target == nullptr && archive_entry_filetype(entry) == AE_IFDIR) {
    status = CreateDirectory(*spot, path);
    if (!status.ok()) return status;
    return Descriptor(-1);
  }
  if (spot->name.empty()) return Refused(path, "is the archive itself");
  if (target != nullptr) {
    status = CreateHardLink(*spot, path, top, target);
    if (!status.ok()) return status;
    return Descriptor(-1);
  }
  const int parent = spot->directory.get();
  const char* const name = spot->name.c_str();
  unlinkat(parent, name, 0);
  if (archive_entry_filetype(entry) == AE_IFLNK) {
    if (symlinkat(archive_entry_symlink(entry), parent, name) != 0) {
      return Failure(path);
    }
    return Descriptor(-1);
  }
  Descriptor file(openat(parent, name,
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         0600));
  if (file.get() < 0) return Failure(path);
  return file;
}

absl::Status EntryFailure(archive_entry* entry) {
  return Failure(archive_entry_pathname(entry));
}

absl::Status TooManyEntries() {
  return absl::InvalidArgumentError(
      absl::StrCat("has more than ", kMaxEntries, " entries and directories"));
}

}  // namespace spool_service
