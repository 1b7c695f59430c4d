// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/marks/failure_mark.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "tempdir/internal/identity/file_identity.h"
#include "tempdir/internal/marks/keep_mark.h"

namespace tempdir_internal {
namespace {

// A prefix is part of a file name.
constexpr size_t kRoom = 512;

// Text in a fixed buffer, for a signal handler. What does not fit is cut off.
class FixedText {
 public:
  FixedText& operator+=(std::string_view text) {
    const size_t size =
        text.size() < kRoom - size_ ? text.size() : kRoom - size_;
    memcpy(text_ + size_, text.data(), size);
    size_ += size;
    return *this;
  }
  FixedText& operator+=(uint64_t number) {
    char digits[20];
    size_t start = sizeof digits;
    do {
      digits[--start] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return *this += std::string_view(digits + start, sizeof digits - start);
  }
  std::string_view text() const { return {text_, size_}; }

 private:
  char text_[kRoom];
  size_t size_ = 0;
};

// What the mark of this directory starts with.
bool AppendStart(int fd, FixedText* text) {
  FileIdentity directory;
  if (directory.LookAt(fd, "") != 0) return false;
  *text += "failure inode=";
  *text += directory.inode;
  *text += " born=";
  *text += static_cast<uint64_t>(directory.born);
  *text += " prefix=";
  return true;
}

// The text of a regular file of this user's with one name; empty otherwise.
std::string ReadMark(int fd, uid_t user, absl::Time* written) {
  const int mark = openat(
      fd, kKeepMark, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (mark < 0) return "";
  std::string text;
  struct stat seen;
  if (fstat(mark, &seen) == 0 && S_ISREG(seen.st_mode) && seen.st_uid == user &&
      seen.st_nlink == 1) {
    char buffer[kRoom + 1];
    const ssize_t size = read(mark, buffer, sizeof buffer);
    if (size > 0) text.assign(buffer, static_cast<size_t>(size));
    *written = absl::TimeFromTimespec(seen.st_mtim);
  }
  close(mark);
  return text;
}

}  // namespace

bool MarkAsFailure(int fd, std::string_view prefix) {
  // Not open(): sanitizers intercept that.
  const int mark = static_cast<int>(
      syscall(SYS_openat, fd, kKeepMark,
              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (mark < 0) {
    struct stat seen;
    return fstatat(fd, kKeepMark, &seen, AT_SYMLINK_NOFOLLOW) == 0;
  }
  FixedText text;
  if (AppendStart(fd, &text)) {
    text += prefix;
    text += "\n";
    // A part of it is no mark.
    (void)!syscall(SYS_write, mark, text.text().data(), text.text().size());
  }
  syscall(SYS_close, mark);
  return true;
}

std::optional<FailureMark> FailureMarkOf(int fd, uid_t user) {
  FailureMark mark;
  const std::string text = ReadMark(fd, user, &mark.kept_at);
  FixedText start;
  if (text.empty() || text.back() != '\n' || !AppendStart(fd, &start)) {
    return std::nullopt;
  }
  const size_t size = start.text().size();
  if (text.compare(0, size, start.text()) != 0 || text.size() <= size) {
    return std::nullopt;
  }
  mark.prefix = text.substr(size, text.size() - size - 1);
  return mark;
}

}  // namespace tempdir_internal
