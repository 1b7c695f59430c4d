// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "examples/compare/doctor/system_text.h"

namespace compare {
namespace {

// For C libraries older than the kernel.
constexpr long kOpenat2Call = 437;
constexpr uint64_t kResolveNoXdev = 1;
constexpr unsigned kMountIdMask = 0x1000;  // STATX_MNT_ID
struct HowToOpen {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

bool AnswersOpenat2(int fd) {
  HowToOpen how = {O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, kResolveNoXdev};
  const long opened = syscall(kOpenat2Call, fd, ".", &how, sizeof how);
  if (opened >= 0) close(static_cast<int>(opened));
  return opened >= 0;
}

bool AnswersStatx(int fd) {
  alignas(uint64_t) char answer[256];  // struct statx
  if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, kMountIdMask, answer) != 0) {
    return false;
  }
  uint32_t mask;  // its first member
  memcpy(&mask, answer, sizeof mask);
  return (mask & kMountIdMask) != 0;
}

std::string MountIdOf(int fd) {
  std::istringstream info(ReadText(absl::StrCat("/proc/self/fdinfo/", fd)));
  std::string name, value;
  while (info >> name >> value) {
    if (name == "mnt_id:") return value;
  }
  return "";
}

bool AnswersFileHandle(int fd) {
  file_handle handle = {};
  int mount = -1;
  const int result = name_to_handle_at(fd, "", &handle, &mount, AT_EMPTY_PATH);
  return (result == 0 || errno == EOVERFLOW) && mount >= 0;
}

int OpenPath(const std::string& path) {
  return open(path.c_str(), O_PATH | O_CLOEXEC);
}

}  // namespace

std::string FileSystemName(const std::string& path) {
  const int fd = OpenPath(path);
  const std::string id = MountIdOf(fd);
  close(fd);
  std::istringstream mounts(ReadText("/proc/self/mountinfo"));
  std::string line;
  while (!id.empty() && std::getline(mounts, line)) {
    if (line.substr(0, line.find(' ')) != id) continue;
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) break;
    const size_t begin = dash + strlen(" - ");
    return line.substr(begin, line.find(' ', begin) - begin);
  }
  return "an unknown file system";
}

std::string FileHandleError(const std::string& path) {
  union {
    file_handle header;
    char room[sizeof(file_handle) + MAX_HANDLE_SZ];
  } handle;
  handle.header.handle_bytes = MAX_HANDLE_SZ;
  int mount;
  if (name_to_handle_at(AT_FDCWD, path.c_str(), &handle.header, &mount, 0) ==
      0) {
    return "";
  }
  return strerror(errno);
}

MountQuestions AskForMounts(const std::string& directory) {
  const int fd = OpenPath(directory);
  std::vector<std::string> yes, no;
  const auto add = [&](bool answers, const char* what) {
    (answers ? yes : no).push_back(what);
  };
  add(AnswersOpenat2(fd), "openat2");
  add(AnswersStatx(fd), "statx with a mount id");
  add(!MountIdOf(fd).empty(), "/proc/self/fdinfo");
  add(AnswersFileHandle(fd), "name_to_handle_at");
  close(fd);
  MountQuestions questions;
  questions.any = !yes.empty();
  if (!yes.empty()) {
    questions.words = absl::StrCat(
        "the kernel tells a mount from a directory "
        "by ",
        absl::StrJoin(yes, ", "));
  }
  if (!no.empty()) {
    absl::StrAppend(&questions.words, yes.empty() ? "" : "; ",
                    "missing or refused: ", absl::StrJoin(no, ", "));
  }
  return questions;
}

}  // namespace compare
