// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/marks/keep_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "finalize/escaped_text.h"

namespace tempdir_internal {
namespace {

constexpr std::string_view kLiveText =
    "in use: its lock may not be seen through other mounts\n";
constexpr char kLiveAttribute[] = "user.finalize.live";
constexpr char kBootId[] = "/proc/sys/kernel/random/boot_id";
constexpr size_t kRoom = 256;

// System calls by number: no cancellation point, and none of a sanitizer's.
int OpenFile(int fd, const char* name, int flags) {
  return static_cast<int>(syscall(
      SYS_openat, fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
}
void CloseFile(int fd) { syscall(SYS_close, fd); }
size_t ReadFile(int fd, char* buffer, size_t size) {
  size_t all = 0;
  while (all < size) {
    const long got = syscall(SYS_read, fd, buffer + all, size - all);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    all += static_cast<size_t>(got);
  }
  return all;
}

std::string BootId() {
  const int fd = OpenFile(AT_FDCWD, kBootId, O_RDONLY);
  if (fd < 0) return "-";
  char text[kRoom];
  std::string id(text, ReadFile(fd, text, sizeof text));
  CloseFile(fd);
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id.empty() ? "-" : id;
}

// `inode <number> device <number> boot <id>`. No device has the number 0; where
// there is no lock, none can be seen to be free.
std::string Describe(int fd, bool locked) {
  struct stat seen = {};
  if (fstatat(fd, "", &seen, AT_EMPTY_PATH) != 0) return "";
  return absl::StrCat("inode ", seen.st_ino, " device ",
                      locked ? seen.st_dev : 0, " boot ", BootId(), "\n");
}

LiveMark Compare(std::string_view text, int fd) {
  struct stat seen;
  const std::vector<absl::string_view> words =
      absl::StrSplit(absl::string_view(text.data(), text.size()),
                     absl::ByAnyChar(" \n"), absl::SkipEmpty());
  ino_t inode;
  dev_t device;
  if (words.size() != 6 || !absl::SimpleAtoi(words[1], &inode) ||
      !absl::SimpleAtoi(words[3], &device) ||
      fstatat(fd, "", &seen, AT_EMPTY_PATH) != 0 || seen.st_ino != inode) {
    return {};
  }
  return {true, device != 0 && seen.st_dev == device && words[5] != "-" &&
                    words[5] == BootId()};
}

absl::Status CannotMark(std::string_view path, int error) {
  return absl::ErrnoToStatus(
      error,
      absl::StrCat("cannot mark ", finalize::EscapedText(std::string(path))));
}

bool WriteWhole(int fd, const std::string& text) {
  return write(fd, text.data(), text.size()) ==
         static_cast<ssize_t>(text.size());
}

}  // namespace

KeepMark KeepMarkIn(int fd) {
  const int file = OpenFile(fd, kKeepMark, O_RDONLY);
  if (file < 0) return errno == ENOENT ? KeepMark::kNone : KeepMark::kKept;
  char text[kLiveText.size()];
  const bool live = ReadFile(file, text, sizeof text) == sizeof text &&
                    memcmp(text, kLiveText.data(), sizeof text) == 0;
  CloseFile(file);
  return live ? KeepMark::kLive : KeepMark::kKept;
}

int MarkKept(int fd, const char* name) {
  constexpr int kHeld = O_PATH | O_DIRECTORY;
  const int directory = OpenFile(fd, name, kHeld);
  if (directory < 0) return errno;
  const int file = OpenFile(directory, kKeepMark, O_WRONLY | O_CREAT | O_TRUNC);
  const int error = file < 0 ? errno : 0;
  if (file >= 0) CloseFile(file);
  CloseFile(directory);
  return error;
}

absl::Status MarkLive(int fd, bool locked, std::string_view path) {
  const int file = OpenFile(fd, kUnfinishedMark, O_WRONLY | O_CREAT | O_TRUNC);
  if (file < 0) return CannotMark(path, errno);
  const std::string text =
      absl::StrCat(absl::string_view(kLiveText.data(), kLiveText.size()),
                   Describe(fd, locked));
  int error = WriteWhole(file, text) ? 0 : errno;
  // Some file systems tell only now that there was no room.
  if (close(file) != 0 && error == 0) error = errno;
  if (error == 0 && renameat(fd, kUnfinishedMark, fd, kKeepMark) != 0) {
    error = errno;
  }
  if (error == 0) return absl::OkStatus();
  unlinkat(fd, kUnfinishedMark, 0);
  return CannotMark(path, error);
}

void UnmarkLive(int fd) {
  if (KeepMarkIn(fd) == KeepMark::kLive) unlinkat(fd, kKeepMark, 0);
}

bool HoldsUnfinishedMark(int fd) {
  struct stat seen;
  return fstatat(fd, kUnfinishedMark, &seen, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(seen.st_mode) && seen.st_uid == geteuid() &&
         seen.st_nlink == 1 && seen.st_size <= static_cast<off_t>(kRoom);
}

void MarkLiveDirectly(int fd, bool locked) {
  const std::string text = Describe(fd, locked);
  fsetxattr(fd, kLiveAttribute, text.data(), text.size(), 0);
}

void UnmarkLiveDirectly(int fd) { fremovexattr(fd, kLiveAttribute); }

// A link to the mark of another root is none, nor is one of another user.
LiveMark ExamineLiveMark(int fd) {
  const int file = OpenFile(fd, kKeepMark, O_RDONLY);
  if (file < 0) return {};
  char text[kRoom];
  std::string_view content(text, ReadFile(file, text, sizeof text));
  struct stat seen;
  const bool own = fstat(file, &seen) == 0 && S_ISREG(seen.st_mode) &&
                   seen.st_uid == geteuid() && seen.st_nlink == 1;
  CloseFile(file);
  if (!own || content.substr(0, kLiveText.size()) != kLiveText) return {};
  return Compare(content.substr(kLiveText.size()), fd);
}

LiveMark ExamineLiveMarkDirectly(int fd) {
  char text[kRoom];
  const ssize_t size = fgetxattr(fd, kLiveAttribute, text, sizeof text);
  if (size <= 0) return {};
  return Compare({text, static_cast<size_t>(size)}, fd);
}

}  // namespace tempdir_internal
