// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "examples/spool_service/entry.h"
#include "examples/spool_service/spot.h"
#include "examples/spool_service/system_error.h"

namespace spool_service {
namespace {

// A few kilobytes can unpack to a full disk, and their names to full memory.
constexpr uint64_t kMaxBytes = uint64_t{1} << 30;
constexpr size_t kMaxNames = size_t{16} << 20;

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeReader>;

// libarchive gives names in the character set of the locale. In that of a
// service, which is "C", it would lose the names of a zip file that are not
// ASCII. Only this thread has the other one.
class Utf8Locale {
 public:
  Utf8Locale()
      : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)),
        previous_(uselocale(locale_)) {}
  ~Utf8Locale() {
    uselocale(previous_);
    if (locale_ != nullptr) freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  const locale_t locale_;  // null: there is none, and nothing changes
  const locale_t previous_;
};

// What libarchive says, for the client; unless the file could not be read.
absl::Status Unreadable(archive* reader) {
  const int error = archive_errno(reader);
  if (error == EIO) return SystemError(error, "reading the upload");
  const char* text = archive_error_string(reader);
  return absl::InvalidArgumentError(text == nullptr ? "cannot be read" : text);
}

absl::Status TooLarge() {
  return absl::InvalidArgumentError(
      absl::StrCat("unpacks to more than ", kMaxBytes, " bytes"));
}

// Returns null if `file` is not an archive.
Reader OpenReader(int file) {
  Reader reader(archive_read_new());
  if (reader == nullptr) return reader;
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
  const int opened = archive_read_open_fd(reader.get(), file, kBlock);
  return opened == ARCHIVE_OK ? std::move(reader) : nullptr;
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

// The end of a sparse file may be a hole.
absl::Status SetSize(archive_entry* entry, int file) {
  if (file < 0 || !archive_entry_size_is_set(entry)) return absl::OkStatus();
  const la_int64_t size = archive_entry_size(entry);
  if (size < 0 || static_cast<uint64_t>(size) > kMaxBytes) return TooLarge();
  return ftruncate(file, size) == 0 ? absl::OkStatus() : EntryFailure(entry);
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
    if (bytes > most || offset < 0 ||
        static_cast<uint64_t>(offset) > kMaxBytes) {
      return TooLarge();
    }
    if (file >= 0 &&
        !Write(file, static_cast<const char*>(block), size, offset)) {
      return EntryFailure(entry);
    }
  }
  if (absl::Status status = SetSize(entry, file); !status.ok()) return status;
  return bytes;
}

// Unpacks one entry after another.
class Unpacking {
 public:
  Unpacking(archive* reader, int top) : reader_(reader), top_(top) {}

  absl::Status Add(archive_entry* entry) {
    if (absl::Status status = CheckEntry(entry); !status.ok()) return status;
    if (creatable_ == 0) return TooManyEntries();
    --creatable_;
    std::string name = NameOf(entry);
    if (name.size() > names_left_) {
      return absl::InvalidArgumentError(
          absl::StrCat("has names of more than ", kMaxNames, " bytes"));
    }
    names_left_ -= name.size();
    const absl::StatusOr<Descriptor> file =
        CreateEntry(entry, top_, &creatable_);
    if (!file.ok()) return file.status();
    const absl::StatusOr<uint64_t> bytes =
        CopyData(reader_, entry, file->get(), bytes_left_);
    if (!bytes.ok()) return bytes.status();
    bytes_left_ -= *bytes;
    entries_.push_back({std::move(name), KindOf(entry), *bytes});
    return absl::OkStatus();
  }
  std::vector<ArchiveEntry> TakeEntries() { return std::move(entries_); }

 private:
  archive* const reader_;
  const int top_;
  size_t creatable_ = kMaxEntries;  // entries, and directories for them
  size_t names_left_ = kMaxNames;
  uint64_t bytes_left_ = kMaxBytes;
  std::vector<ArchiveEntry> entries_;
};

}  // namespace

absl::StatusOr<std::vector<ArchiveEntry>> Unpack(const std::string& file,
                                                 const std::string& directory) {
  const Utf8Locale locale;
  const Descriptor body(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (body.get() < 0) return SystemError(errno, "reading the upload");
  const Descriptor top(
      open(directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (top.get() < 0) return SystemError(errno, "unpacking the upload");
  const Reader reader = OpenReader(body.get());
  if (reader == nullptr) {
    return absl::InvalidArgumentError("not an archive: tar, zip, 7z or cpio");
  }
  Unpacking unpacking(reader.get(), top.get());
  for (;;) {
    archive_entry* entry = nullptr;
    const int read = archive_read_next_header(reader.get(), &entry);
    if (read == ARCHIVE_EOF) break;
    if (read < ARCHIVE_WARN) return Unreadable(reader.get());
    if (absl::Status status = unpacking.Add(entry); !status.ok()) return status;
  }
  return unpacking.TakeEntries();
}

}  // namespace spool_service
