// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/lost_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace tempdir_internal {
namespace {

constexpr int kMaxEntries = 4096;

bool MayBe(const dirent& entry) {
  return strcmp(entry.d_name, ".") != 0 && strcmp(entry.d_name, "..") != 0 &&
         (entry.d_type == DT_DIR || entry.d_type == DT_UNKNOWN);
}

// The name it has in `where`, relative to `base_fd`; empty if it has none.
std::string NameIn(int base_fd, const char* where,
                   const EntryIdentity& identity) {
  const int fd = openat(base_fd, where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const entries = fd < 0 ? nullptr : fdopendir(fd);
  if (entries == nullptr) {
    if (fd >= 0) close(fd);
    return "";
  }
  std::string name;
  for (int i = 0; name.empty() && i < kMaxEntries; ++i) {
    const dirent* const entry = readdir(entries);
    if (entry == nullptr) break;
    if (MayBe(*entry) && identity.IsAt(fd, entry->d_name)) {
      name = entry->d_name;
    }
  }
  closedir(entries);
  return name;
}

}  // namespace

std::string FindLostDirectory(int root_fd, const ProcessRoot& root,
                              const EntryIdentity& identity) {
  const auto in = [](const std::string& directory, const std::string& name) {
    return absl::StrCat(directory == "/" ? "" : directory, "/", name);
  };
  std::string name = NameIn(root_fd, ".", identity);
  if (!name.empty()) return in(root.path(), name);
  if (root.home() == ProcessRoot::Home::kParent) return name;
  name = NameIn(root_fd, "..", identity);
  return name.empty() ? name : in(root.parent(), name);
}

}  // namespace tempdir_internal
