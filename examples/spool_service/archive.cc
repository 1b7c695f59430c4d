// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace spool_service {
namespace {

// A few kilobytes can unpack to a full disk.
constexpr uint64_t kMostBytes = uint64_t{1} << 30;
constexpr size_t kMostEntries = 100000;

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
using Reader = std::unique_ptr<archive, FreeReader>;
using Writer = std::unique_ptr<archive, FreeWriter>;

absl::Status Refused(const char* name, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the entry \"", name, "\" ", why));
}

// What libarchive says of `which`, for the client; of a full disk apart.
absl::Status Failure(archive* which) {
  const int error = archive_errno(which);
  const char* text = archive_error_string(which);
  const std::string message = text == nullptr ? "cannot be read" : text;
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(message);
  }
  return absl::InvalidArgumentError(message);
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

Writer OpenWriter() {
  // It asks for the umask by setting it, which is one value for all threads.
  static std::mutex& one_at_a_time = *new std::mutex;
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  Writer writer(archive_write_disk_new());
  archive_write_disk_set_options(
      writer.get(),
      ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT);
  return writer;
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
// than it is deep. (libarchive refuses a path that goes through a link.)
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

// Puts the entry into `directory`, for its owner alone.
void Relocate(archive_entry* entry, const std::string& directory) {
  const std::string path =
      absl::StrCat(directory, "/", archive_entry_pathname(entry));
  archive_entry_set_pathname(entry, path.c_str());
  if (const char* target = archive_entry_hardlink(entry)) {
    const std::string inside = absl::StrCat(directory, "/", target);
    archive_entry_set_hardlink(entry, inside.c_str());
  } else {
    archive_entry_set_perm(
        entry, archive_entry_filetype(entry) == AE_IFDIR ? 0700 : 0600);
  }
}

// Returns how many bytes it wrote, at most `most`.
absl::StatusOr<uint64_t> CopyData(archive* reader, archive* writer,
                                  uint64_t most) {
  uint64_t bytes = 0;
  for (;;) {
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    const int read = archive_read_data_block(reader, &block, &size, &offset);
    if (read == ARCHIVE_EOF) return bytes;
    if (read < ARCHIVE_WARN) return Failure(reader);
    bytes += size;
    if (bytes > most) {
      return absl::InvalidArgumentError(
          absl::StrCat("unpacks to more than ", kMostBytes, " bytes"));
    }
    // A write that fails, as on a full disk, is a mere warning there.
    if (archive_write_data_block(writer, block, size, offset) < ARCHIVE_OK) {
      return Failure(writer);
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<ArchiveEntry>> Unpack(const std::string& file,
                                                 const std::string& directory) {
  const Reader reader = OpenReader(file);
  if (reader == nullptr) {
    return absl::InvalidArgumentError("not an archive: tar, zip, 7z or cpio");
  }
  const Writer writer = OpenWriter();
  std::vector<ArchiveEntry> entries;
  uint64_t bytes_left = kMostBytes;
  for (;;) {
    archive_entry* entry = nullptr;
    const int read = archive_read_next_header(reader.get(), &entry);
    if (read == ARCHIVE_EOF) break;
    if (read < ARCHIVE_WARN) return Failure(reader.get());
    if (entries.size() == kMostEntries) {
      return absl::InvalidArgumentError(
          absl::StrCat("has more than ", kMostEntries, " entries"));
    }
    if (absl::Status status = Check(entry); !status.ok()) return status;
    entries.push_back({archive_entry_pathname(entry), KindOf(entry), 0});
    Relocate(entry, directory);
    if (archive_write_header(writer.get(), entry) < ARCHIVE_WARN) {
      return Failure(writer.get());
    }
    absl::StatusOr<uint64_t> bytes =
        CopyData(reader.get(), writer.get(), bytes_left);
    if (!bytes.ok()) return bytes.status();
    entries.back().bytes = *bytes;
    bytes_left -= *bytes;
    if (archive_write_finish_entry(writer.get()) < ARCHIVE_OK) {
      return Failure(writer.get());
    }
  }
  if (archive_write_close(writer.get()) < ARCHIVE_OK) {
    return Failure(writer.get());
  }
  return entries;
}

}  // namespace spool_service
