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
int MoveToParent(const KeepRequest& plan, const std::string& name) {
  const std::string target = absl::StrCat(
      plan.from == KeepRequest::Location::kRoot ? "../" : "", name);
  return MoveEntry({plan.root_fd, plan.name, plan.path, plan.is_file},
                   plan.root_fd, target);
}

// The root's parent may have been moved: then the kernel knows its new path.
std::string PresentPath(const KeepRequest& plan, const std::string& name,
                        int held_fd, IsTheEntry is_the_entry) {
  const std::string expected =
      absl::StrCat(plan.parent == "/" ? "" : plan.parent, "/", name);
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

absl::StatusOr<std::string> MarkPlace(const KeepRequest& plan, int move_error) {
  const bool in_root = plan.from == KeepRequest::Location::kRoot;
  if (MarkKept(plan.root_fd, in_root ? "." : plan.name.c_str()) == 0) {
    return std::string(plan.path);
  }
  return absl::ErrnoToStatus(
      move_error, absl::StrCat("cannot keep ", EscapedText(plan.path)));
}

}  // namespace

absl::StatusOr<std::string> MoveOutOfReach(const KeepRequest& plan,
                                           IsTheEntry is_the_entry) {
  const int held = openat(plan.root_fd, plan.name.c_str(), kHeld);
  if (held < 0 || !is_the_entry(held)) {
    if (held >= 0) close(held);
    return NotInPlace(plan.path, /*replaced=*/held >= 0);
  }
  std::string name = plan.name;
  int error = 0;
  if (plan.from == KeepRequest::Location::kRoot)
    error = MoveToParent(plan, name);
  if (plan.from == KeepRequest::Location::kDirectInParent) error = EEXIST;
  for (int tries = 1; error == EEXIST && tries < kMaxNames; ++tries) {
    name.assign(plan.prefix);
    if (!AppendRandomLetters(&name, kNameLetters)) break;
    name.append(plan.suffix);
    error = MoveToParent(plan, name);
  }
  absl::StatusOr<std::string> result =
      error == 0 ? PresentPath(plan, name, held, is_the_entry)
                 : MarkPlace(plan, error);
  close(held);
  return result;
}

}  // namespace tempdir_internal
