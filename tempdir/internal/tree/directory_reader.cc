// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/tree/directory_reader.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <algorithm>

namespace tempdir_internal {
namespace {

constexpr size_t kSmall = 32 << 10;
constexpr size_t kMedium = 256 << 10;
constexpr size_t kLarge = 7 << 20;
// More directories than this are not collected at once: each needs a node.
constexpr size_t kManyDirectories = 8192;

struct KernelEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[1];
};
constexpr size_t kMaxEntrySize = 24 + 256;
constexpr size_t kShortestEntry = 24;

size_t EntriesSize(size_t capacity) {
  return capacity / kShortestEntry * sizeof(DirectoryEntry);
}

bool IsDots(const char* name) {
  return name[0] == '.' &&
         (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

size_t CountDirectories(const char* names, size_t from, size_t used) {
  size_t count = 0;
  while (from < used) {
    const auto* entry = reinterpret_cast<const KernelEntry*>(names + from);
    count += entry->type == DT_DIR || entry->type == DT_UNKNOWN;
    from += entry->size;
  }
  return count;
}

}  // namespace

DirectoryReader::~DirectoryReader() { Release(); }

int DirectoryReader::Read(int fd, bool by_inode) {
  size_ = 0;
  at_end_ = false;
  if (capacity_ > kMedium) Release();
  if (capacity_ == 0 && !Reserve(kSmall)) return -ENOMEM;
  const ssize_t used = calls_.read_entries(fd, names_, capacity_);
  if (used < 0) return static_cast<int>(used);
  at_end_ = used == 0;
  short_answer_ = static_cast<size_t>(used) + kMaxEntrySize < capacity_;
  if (short_answer_) return Index(used, by_inode);
  const ssize_t more = ReadOn(fd, used, by_inode ? kLarge : kMedium);
  return more < 0 ? static_cast<int>(more) : Index(more, by_inode);
}

ssize_t DirectoryReader::ReadOn(int fd, size_t used, size_t limit) {
  if (!Reserve(limit)) return used;
  size_t directories = CountDirectories(names_, 0, used);
  while (directories < kManyDirectories && used + kSmall <= capacity_) {
    const ssize_t more = calls_.read_entries(
        fd, names_ + used, std::min(capacity_ - used, kMedium));
    // The error comes again when this is read on.
    if (more < 0) break;
    if (more == 0) {
      at_end_ = true;
      break;
    }
    directories += CountDirectories(names_, used, used + more);
    used += more;
  }
  return used;
}

int DirectoryReader::Index(size_t used, bool by_inode) {
  for (size_t at = 0; at < used;) {
    const auto* entry = reinterpret_cast<const KernelEntry*>(names_ + at);
    const char* name = names_ + at + offsetof(KernelEntry, name);
    at += entry->size;
    if (IsDots(name)) continue;
    // A broken or hostile file system: such a name would lead elsewhere.
    if (name[0] == '\0' || strchr(name, '/') != nullptr) return -EIO;
    entries_[size_++] = {entry->inode, static_cast<uint32_t>(name - names_),
                         entry->type};
  }
  if (by_inode) {
    std::sort(entries_, entries_ + size_,
              [](const DirectoryEntry& a, const DirectoryEntry& b) {
                return a.inode < b.inode;
              });
  }
  return 0;
}

bool DirectoryReader::Reserve(size_t bytes) {
  if (bytes <= capacity_) return true;
  void* block = storage_.Allocate(bytes + EntriesSize(bytes));
  if (block == nullptr) return false;
  if (names_ != nullptr) memcpy(block, names_, capacity_);
  Release();
  names_ = static_cast<char*>(block);
  entries_ = reinterpret_cast<DirectoryEntry*>(names_ + bytes);
  capacity_ = bytes;
  return true;
}

void DirectoryReader::Release() {
  if (names_ != nullptr) {
    storage_.Free(names_, capacity_ + EntriesSize(capacity_));
  }
  names_ = nullptr;
  entries_ = nullptr;
  capacity_ = 0;
}

}  // namespace tempdir_internal
