// SPDX-License-Identifier: Apache-2.0

// The file systems that removal is measured on, and how to bring one back to
// the same state before each measurement.
//
// Confined to one thread.
#ifndef TESTS_BENCHMARKS_BENCH_FILE_SYSTEM_H_
#define TESTS_BENCHMARKS_BENCH_FILE_SYSTEM_H_

#include <string>
#include <vector>

namespace bench {

struct FileSystem {
  std::string name;       // "tmpfs" or "disk"
  std::string directory;  // where to work; empty: there is none here
  std::string note;       // "ext4", or why there is none
};

// Returns the two, found below /dev/shm and /var/tmp unless the flags --tmpfs
// and --disk say where. One that is not of its kind is not there.
std::vector<FileSystem> FileSystems();

// Writes out what is dirty on the file system of the open `directory`.
void WriteOut(int directory);

// The same, and forgets the clean part of the page cache, if this process may.
// Without that ext4, after a mass removal, looks at every inode that was
// removed in the last minutes before it makes a file, and making the next tree
// takes ten times as long. Returns whether it could.
bool WriteOutAndForget(int directory);

}  // namespace bench

#endif  // TESTS_BENCHMARKS_BENCH_FILE_SYSTEM_H_
