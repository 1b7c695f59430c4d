// SPDX-License-Identifier: Apache-2.0

// Tree shapes: functions that fill directories for tests and benchmarks of tree
// removal.
//
//   wide    one directory with many files
//   tree    middle directories with leaf directories with a few files each
//   deep    a chain of directories, of any length
//   empty   one directory with many empty sub-directories
//
// All of them work below an open directory, so a chain may be longer than any
// path. They return false, with errno set, if the system refused something.
// File names are short. On file systems that hash names, their order differs
// from the order of creation.

#ifndef TESTS_SUPPORT_TREE_SHAPES_H_
#define TESTS_SUPPORT_TREE_SHAPES_H_

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace finalize_test {

inline bool MakeFile(int directory, const char* name, size_t bytes = 0) {
  const int fd =
      openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  const std::string content(bytes, 'x');
  const bool written = bytes == 0 || write(fd, content.data(), bytes) ==
                                         static_cast<ssize_t>(bytes);
  return close(fd) == 0 && written;
}

// Opens the directory `name`, and creates it if it does not exist. Returns -1
// on failure.
inline int MakeDirectory(int directory, const char* name, mode_t mode = 0755) {
  mkdirat(directory, name, mode);
  return openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

inline bool MakeWide(int directory, int files, size_t bytes = 0) {
  for (int i = 0; i < files; ++i) {
    char name[16];
    snprintf(name, sizeof name, "f%07d", i);
    if (!MakeFile(directory, name, bytes)) return false;
  }
  return true;
}

inline bool MakeEmpty(int directory, int directories) {
  for (int i = 0; i < directories; ++i) {
    char name[16];
    snprintf(name, sizeof name, "d%07d", i);
    if (mkdirat(directory, name, 0755) != 0) return false;
  }
  return true;
}

// Creates `middles` directories, each with `leaves` directories, each with
// `files` files.
inline bool MakeTree(int directory, int middles, int leaves, int files) {
  for (int i = 0; i < middles; ++i) {
    char name[16];
    snprintf(name, sizeof name, "m%05d", i);
    const int middle = MakeDirectory(directory, name);
    bool made = middle >= 0;
    for (int j = 0; made && j < leaves; ++j) {
      snprintf(name, sizeof name, "l%05d", j);
      const int leaf = MakeDirectory(middle, name);
      made = leaf >= 0 && MakeWide(leaf, files);
      if (leaf >= 0) close(leaf);
    }
    if (middle >= 0) close(middle);
    if (!made) return false;
  }
  return true;
}

// Creates a chain of `levels` directories named `name`. Each gets `mode` after
// the next one is created in it. Returns the lowest one, open, or -1.
inline int MakeDeep(int directory, int levels, const char* name = "d",
                    mode_t mode = 0755) {
  int at = fcntl(directory, F_DUPFD_CLOEXEC, 0);
  for (int i = 0; at >= 0 && i < levels; ++i) {
    const int next = MakeDirectory(at, name);
    if (i > 0 && mode != 0755) fchmod(at, mode);
    close(at);
    at = next;
  }
  if (at >= 0 && mode != 0755) fchmod(at, mode);
  return at;
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_TREE_SHAPES_H_
