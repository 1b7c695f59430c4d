// SPDX-License-Identifier: Apache-2.0

// DirectoryReader: reads the entries of a directory, many at a time.
//
// A small directory is read by one call into 32 KiB. If it does not fit, more
// is read: up to 256 KiB of names, or up to 7 MiB if the entries are to be in
// the order of their inodes. (A file system of the ext family keeps names in
// the order of their hashes, and removing them in that order touches the inode
// tables at random.)
//
// Confined to one thread at a time. The entries are valid until the next Read.

#ifndef TEMPDIR_INTERNAL_TREE_DIRECTORY_READER_H_
#define TEMPDIR_INTERNAL_TREE_DIRECTORY_READER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"

namespace tempdir_internal {

struct DirectoryEntry {
  uint64_t inode;
  uint32_t name;  // offset in DirectoryReader::names()
  uint32_t type;  // DT_DIR, DT_UNKNOWN, ...
};

class DirectoryReader {
 public:
  DirectoryReader(const SystemCalls& calls, RemovalStorage& storage)
      : calls_(calls), storage_(storage) {}
  ~DirectoryReader();
  DirectoryReader(const DirectoryReader&) = delete;
  DirectoryReader& operator=(const DirectoryReader&) = delete;

  // Reads on in the directory open at `fd`. Returns 0, or -errno. `by_inode`
  // puts the entries in the order of their inodes. Leaves out "." and "..".
  int Read(int fd, bool by_inode);

  const DirectoryEntry* entries() const { return entries_; }
  uint32_t size() const { return size_; }
  const char* names() const { return names_; }

  // Whether the kernel said that there are no more.
  bool at_end() const { return at_end_; }
  // Whether there was room left in the buffer: mostly that means the end.
  bool short_answer() const { return short_answer_; }

 private:
  bool Reserve(size_t bytes);
  void Release();
  ssize_t ReadOn(int fd, size_t used, size_t limit);
  int Index(size_t used, bool by_inode);

  const SystemCalls& calls_;
  RemovalStorage& storage_;
  // One block: first the names as the kernel gives them, then the entries.
  char* names_ = nullptr;
  DirectoryEntry* entries_ = nullptr;
  size_t capacity_ = 0;  // bytes for names
  uint32_t size_ = 0;
  bool at_end_ = false;
  bool short_answer_ = false;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_DIRECTORY_READER_H_
