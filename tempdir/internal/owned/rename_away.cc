// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/rename_away.h"

#include <linux/fs.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/system/random_name.h"
#include "tempdir/internal/system/system_calls.h"

namespace tempdir_internal {
namespace {

constexpr char kRemovingPrefix[] = ".removing-";

// A reaper must recognize one that has no root, and must leave it alone if it
// may not see the lock.
std::string RemovingName(bool directly, bool lock_is_seen) {
  std::string name = directly ? RootPrefix(geteuid()) : kRemovingPrefix;
  if (!AppendRandomLetters(&name, kRootLetters)) return "";
  if (directly) name.append(lock_is_seen ? kReapedSuffix : kLiveSuffix);
  return name;
}

bool RenameTo(const OwnedEntry& entry, const std::string& removing) {
  const int fd = entry.root().fd();
  const char* const name = entry.name().c_str();
  if (kKernelCalls.rename(fd, name, fd, removing.c_str(), RENAME_NOREPLACE) !=
      0) {
    return false;
  }
  if (entry.IsNamed(removing)) return true;
  kKernelCalls.rename(fd, removing.c_str(), fd, name, RENAME_NOREPLACE);
  return false;
}

}  // namespace

bool RenameAway(OwnedEntry& entry) {
  // A crash finds it by its name. It finds it by none in between, and waits for
  // this call.
  if (!entry.ReleaseHold()) return false;
  std::string removing =
      RemovingName(entry.options().direct(), entry.guarantees().lock);
  const bool renamed = !removing.empty() && RenameTo(entry, removing);
  if (renamed) entry.SetRenamed(std::move(removing));
  entry.EnterHold();
  return renamed;
}

}  // namespace tempdir_internal
