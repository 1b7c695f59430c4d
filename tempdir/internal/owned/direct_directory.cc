// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/direct_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/keep_mark.h"
#include "tempdir/internal/marks/root_mark.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/root/directory_lock.h"
#include "tempdir/internal/system/random_name.h"

namespace tempdir_internal {
namespace {

absl::Status LockMade(const ProcessRoot& root, const PrivateDirectory& made,
                      std::shared_ptr<DirectHold>* result) {
  absl::StatusOr<int> fd = OpenLocked(root.fd(), made.name.c_str());
  if (!fd.ok()) return fd.status();
  auto hold = std::make_shared<DirectHold>();
  hold->lock = HeldLock(*fd, made.name);
  if (!made.identity.Is(*fd)) {
    return absl::AbortedError(
        absl::StrCat(finalize::EscapedText(made.name),
                     " was replaced while it was being created"));
  }
  if (!root.guarantees().lock) {
    MarkLiveDirectly(*fd, flock(*fd, LOCK_SH | LOCK_NB) == 0);
  }
  absl::Status status = MarkRoot(*fd, made.name);
  if (status.ok()) *result = std::move(hold);
  return status;
}

}  // namespace

absl::StatusOr<PrivateDirectory> MakeDirectDirectory(
    const ProcessRoot& root, const tempdir::TempDirOptions& options,
    std::shared_ptr<DirectHold>* hold) {
  constexpr int kTries = 100;
  const bool is_short = options.short_path();
  const std::string prefix =
      is_short ? ShortRootPrefix(geteuid()) : RootPrefix(geteuid());
  const size_t letters = is_short ? kShortRootLetters : kRootLetters;
  const bool live = !root.guarantees().lock;
  const bool among_others = !root.guarantees().path;
  absl::Status status;
  for (int tries = 0; tries < kTries; ++tries) {
    auto made = MakePrivateDirectory(
        root.fd(),
        {prefix, live ? kLiveSuffix : "", letters, options.mode(), root.path(),
         &AppendRandomLetters, options.insists_on_mode(), among_others});
    status = made.status();
    if (made.ok()) {
      status = LockMade(root, *made, hold);
      if (status.ok()) return made;
      unlinkat(root.fd(), made->name.c_str(), AT_REMOVEDIR);
    }
    if (!absl::IsAborted(status) && !absl::IsNotFound(status)) break;
  }
  return status;
}

}  // namespace tempdir_internal
