// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "examples/spool_service/spot.h"

namespace spool_service {
namespace {

// A few kilobytes can unpack to a full disk.
constexpr uint64_t kMaxBytes = uint64_t{1} << 30;
constexpr size_t kMaxEntries = 100000;

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeReader>;

absl::Status Refused(const char* name, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the entry \"", name, "\" ", why));
}

// What libarchive says, for the client.
absl::Status Unreadable(archive* reader) {
  const char* text = archive_error_string(reader);
  return absl::InvalidArgumentError(text == nullptr ? "cannot be read" : text);
}

// A system call for the entry has failed.
absl::Status Failure(const char* name) {
  const int error = errno;
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError("the disk is full");
    case ENOTDIR:
    case ELOOP:
      return Refused(name, "goes through a file or a symlink");
    case EEXIST:
    case EFBIG:
    case EISDIR:
    case ENAMETOOLONG:
    case EPERM:
      return Refused(name, strerror(error));
    default:
      return absl::ErrnoToStatus(error, name);
  }
}

Reader OpenReader(const std::string& file) {
  Reader reader(archive_read_new());
  // Not "all": that has formats which accept any text.
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_zip(reader.get());
  archive_read_support_format_7zip(reader.get());
  archive_read_support_format_cpio(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  constexpr size_t kBlock = 65536;
  const int opened =
      archive_read_open_filename(reader.get(), file.c_str(), kBlock);
  return opened == ARCHIVE_OK ? std::move(reader) : nullptr;
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
// than it is deep. (No entry is put through a link.)
bool LeadsInside(absl::string_view path, absl::string_view target) {
  if (target.empty() || target[0] == '/') return false;
  int depth = -1;
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    if (!part.empty() && part != ".") ++depth;
  }
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

absl::Status Check(archive_entry* entry) {
  const char* const name = archive_entry_pathname(entry);
  if (name == nullptr) return Refused("?", "has a name that cannot be read");
  if (!IsInside(name)) return Refused(name, "is outside of the archive");
  if (const char* target = archive_entry_hardlink(entry)) {
    if (!IsInside(target)) return Refused(name, "is a link that leads outside");
    return absl::OkStatus();
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

std::string KindOf(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return "hardlink";
  if (archive_entry_filetype(entry) == AE_IFDIR) return "directory";
  return archive_entry_filetype(entry) == AE_IFLNK ? "symlink" : "file";
}

// Creates the entry, in place of one with the same name, for its owner alone.
// Returns the file for its data, which is -1 if it has none.
absl::StatusOr<Descriptor> Create(archive_entry* entry, int top) {
  const char* const path = archive_entry_pathname(entry);
  const std::optional<Spot> spot = FindSpot(top, path);
  if (!spot) return Failure(path);
  const int parent = spot->directory.get();
  const char* const name = spot->name.c_str();
  const char* const target = archive_entry_hardlink(entry);
  if (target == nullptr && archive_entry_filetype(entry) == AE_IFDIR) {
    if (*name == '\0' || mkdirat(parent, name, 0700) == 0) {
      return Descriptor(-1);
    }
    struct stat seen;
    const bool there = errno == EEXIST &&
                       fstatat(parent, name, &seen, AT_SYMLINK_NOFOLLOW) == 0 &&
                       S_ISDIR(seen.st_mode);
    return there ? absl::StatusOr<Descriptor>(Descriptor(-1)) : Failure(path);
  }
  if (*name == '\0') return Refused(path, "is the archive itself");
  if (target != nullptr) {
    const std::optional<Spot> old = FindSpot(top, target);
    if (!old) return Failure(target);
    unlinkat(parent, name, 0);
    if (linkat(old->directory.get(), old->name.c_str(), parent, name, 0) != 0) {
      return errno == ENOENT ? Refused(path, "is a link to what is not there")
                             : Failure(path);
    }
    return Descriptor(-1);
  }
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

bool Write(int file, const char* data, size_t size, off_t offset) {
  while (size > 0) {
    const ssize_t written = pwrite(file, data, size, offset);
    if (written < 0 && errno != EINTR) return false;
    if (written <= 0) continue;
    data += written;
    size -= static_cast<size_t>(written);
    offset += written;
  }
  return true;
}

// Returns how many bytes it wrote, at most `most`. The data of an entry that is
// no file is not kept.
absl::StatusOr<uint64_t> CopyData(archive* reader, archive_entry* entry,
                                  int file, uint64_t most) {
  uint64_t bytes = 0;
  for (;;) {
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    const int read = archive_read_data_block(reader, &block, &size, &offset);
    if (read == ARCHIVE_EOF) break;
    if (read < ARCHIVE_WARN) return Unreadable(reader);
    bytes += size;
    if (bytes > most) {
      return absl::InvalidArgumentError(
          absl::StrCat("unpacks to more than ", kMaxBytes, " bytes"));
    }
    if (file >= 0 &&
        !Write(file, static_cast<const char*>(block), size, offset)) {
      return Failure(archive_entry_pathname(entry));
    }
  }
  // The end of a sparse file may be a hole.
  if (file >= 0 && archive_entry_size_is_set(entry) &&
      ftruncate(file, archive_entry_size(entry)) != 0) {
    return Failure(archive_entry_pathname(entry));
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::vector<ArchiveEntry>> Unpack(const std::string& file,
                                                 const std::string& directory) {
  const Reader reader = OpenReader(file);
  if (reader == nullptr) {
    return absl::InvalidArgumentError("not an archive: tar, zip, 7z or cpio");
  }
  const Descriptor top(
      open(directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (top.get() < 0) return Failure(directory.c_str());
  std::vector<ArchiveEntry> entries;
  uint64_t bytes_left = kMaxBytes;
  for (;;) {
    archive_entry* entry = nullptr;
    const int read = archive_read_next_header(reader.get(), &entry);
    if (read == ARCHIVE_EOF) break;
    if (read < ARCHIVE_WARN) return Unreadable(reader.get());
    if (entries.size() == kMaxEntries) {
      return absl::InvalidArgumentError(
          absl::StrCat("has more than ", kMaxEntries, " entries"));
    }
    if (absl::Status status = Check(entry); !status.ok()) return status;
    entries.push_back({archive_entry_pathname(entry), KindOf(entry), 0});
    const absl::StatusOr<Descriptor> created = Create(entry, top.get());
    if (!created.ok()) return created.status();
    absl::StatusOr<uint64_t> bytes =
        CopyData(reader.get(), entry, created->get(), bytes_left);
    if (!bytes.ok()) return bytes.status();
    entries.back().bytes = *bytes;
    bytes_left -= *bytes;
  }
  return entries;
}

}  // namespace spool_service
