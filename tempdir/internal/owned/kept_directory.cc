// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/kept_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/keep_mark.h"
#include "tempdir/internal/owned/refusal.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/internal/system/move_entry.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

constexpr int kHeld = O_PATH | O_NOFOLLOW | O_CLOEXEC;

// Returns 0 or an errno; EEXIST if the name is taken in the parent.
int MoveToParent(const KeepRequest& request, const std::string& name) {
  const std::string target = absl::StrCat(
      request.from == KeepRequest::Location::kRoot ? "../" : "", name);
  return MoveEntry(
      {request.root_fd, request.name, request.path, request.is_file},
      request.root_fd, target);
}

// The root's parent may have been moved: then the kernel knows its new path.
std::string PresentPath(const KeepRequest& request, const std::string& name,
                        int held_fd, IsTheEntry is_the_entry) {
  const std::string expected =
      absl::StrCat(request.parent == "/" ? "" : request.parent, "/", name);
  const int fd = open(expected.c_str(), kHeld);
  const bool there = fd >= 0 && is_the_entry(fd);
  if (fd >= 0) close(fd);
  if (there) return expected;
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", held_fd);
  char target[PATH_MAX];
  const ssize_t length = readlink(link, target, sizeof target);
  return length > 0 ? std::string(target, static_cast<size_t>(length))
                    : expected;
}

absl::StatusOr<std::string> MarkPlace(const KeepRequest& request,
                                      int move_error) {
  const bool in_root = request.from == KeepRequest::Location::kRoot;
  if (MarkKept(request.root_fd, in_root ? "." : request.name.c_str()) == 0) {
    return std::string(request.path);
  }
  return absl::ErrnoToStatus(
      move_error, absl::StrCat("cannot keep ", EscapedText(request.path)));
}

}  // namespace

absl::StatusOr<std::string> MoveOutOfReach(const KeepRequest& request,
                                           IsTheEntry is_the_entry) {
  const int held = openat(request.root_fd, request.name.c_str(), kHeld);
  if (held < 0 || !is_the_entry(held)) {
    if (held >= 0) close(held);
    return NotInPlace(request.path, /*replaced=*/held >= 0);
  }
  std::string name = request.name;
  int error = 0;
  if (request.from == KeepRequest::Location::kRoot)
    error = MoveToParent(request, name);
  if (request.from == KeepRequest::Location::kDirectInParent) error = EEXIST;
  for (int tries = 1; error == EEXIST && tries < kMaxNames; ++tries) {
    name.assign(request.prefix);
    if (!AppendRandomLetters(&name, kNameLetters)) break;
    name.append(request.suffix);
    error = MoveToParent(request, name);
  }
  absl::StatusOr<std::string> result =
      error == 0 ? PresentPath(request, name, held, is_the_entry)
                 : MarkPlace(request, error);
  close(held);
  return result;
}

}  // namespace tempdir_internal
