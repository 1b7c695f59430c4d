#include "tempdir/temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/private_directory.h"
#include "tempdir/internal/random_name.h"

namespace tempdir {
namespace {

using finalize::EscapedText;
using finalize::QuotedText;

absl::Status CannotWrite(const std::string& path, int error) {
  return absl::ErrnoToStatus(error,
                             absl::StrCat("cannot write ", EscapedText(path)));
}

absl::Status NotInside(const PathArgument& name) {
  return absl::InvalidArgumentError(
      absl::StrCat("not a path inside a directory: ", QuotedText(name.text())));
}

// Returns 0 or an errno.
int WriteAll(int fd, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) contents.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// Makes a file beside `path` that nobody had; -1 with errno set on failure.
int OpenBeside(const std::string& path, std::string* name) {
  const size_t directory = path.rfind('/') + 1;  // 0 where there is no slash
  for (int tries = 0; tries < tempdir_internal::kMostNames; ++tries) {
    *name = path.substr(0, directory) + ".tmp-";
    if (!tempdir_internal::AppendRandomLetters(
            name, tempdir_internal::kNameLetters)) {
      return -1;
    }
    const int fd =
        open(name->c_str(),
             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 || errno != EEXIST) return fd;
    tempdir_internal::DiscardRandomBytes();
  }
  return -1;
}

}  // namespace

absl::StatusOr<boost::filesystem::path> PathInside(PathArgument directory,
                                                   PathArgument name) {
  const absl::string_view inside(name.text().data(), name.text().size());
  for (absl::string_view part : absl::StrSplit(inside, '/')) {
    if (part == "." || part == ".." || (part.empty() && inside.empty())) {
      return NotInside(name);
    }
  }
  if (inside.front() == '/' || inside.find('\0') != absl::string_view::npos) {
    return NotInside(name);
  }
  return boost::filesystem::path(std::string(directory.text())) /
         boost::filesystem::path(std::string(name.text()));
}

absl::Status WriteFileAtomically(PathArgument path_argument,
                                 std::string_view contents) {
  const std::string path(path_argument.text());
  if (path.find('\0') != std::string::npos) return CannotWrite(path, EINVAL);
  std::string beside;
  const int fd = OpenBeside(path, &beside);
  if (fd < 0) return CannotWrite(path, errno);
  int error = WriteAll(fd, contents);
  if (close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && rename(beside.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  unlink(beside.c_str());
  return CannotWrite(path, error);
}

}  // namespace tempdir
