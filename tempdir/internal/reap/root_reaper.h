// SPDX-License-Identifier: Apache-2.0

// RootReaper: decides whether to remove one root, and removes it.
//
//   open ---> lock ---> the name means it? ---> marked? ---> rename ---> remove
//    | not    | held      | no                    | no        | refused
//    | ours   v           v                       v           v
//    v      kInUse,     kGone                  kRefused    kFailed
//   kRefused kTaken                            (kRemoved if it is empty)
//
// An empty one is removed without a mark, since its owner may have ended before
// it created one; but not if its name is short (root_name.h).
//
// The reaper looks at the mark first and then for the file `.keep`
// (keep_mark.h), because an owner creates them in the opposite order.
//
// Nothing is changed before all of these checks, with one exception: a
// directory of the user that cannot be read gets another mode until then.
// Everything is removed under the lock. If the reaper is killed at any point,
// the root is left unlocked for the next reaper, under its own name or one that
// ends with
// `.reap`.
//
// Confined to one thread, which may have a TimeLimit.

#ifndef TEMPDIR_INTERNAL_REAP_ROOT_REAPER_H_
#define TEMPDIR_INTERNAL_REAP_ROOT_REAPER_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/reap_report.h"

namespace tempdir_internal {

// Which roots are removed.
enum class ReapScope {
  kUnlocked,  // those that are not locked
  // The same. But if the file system is one on which locks may not hold: only
  // those that are seen through the mount through which they were locked.
  kOwnMount,
};

class RootReaper {
 public:
  // For the roots of the effective user in the directory `parent`, which is
  // open at `parent_fd`. Both outlive this, as do the options.
  RootReaper(int parent_fd, const std::string& parent,
             const tempdir::ReapOptions& options, ReapScope scope);

  // `name` has the form of a root.
  tempdir::ReapedRoot Reap(const std::string& name, const RootName& form);

 private:
  // Opens it, if it is what its name says. Returns a descriptor or -errno. If
  // it is refused, `root` says why, and the result is -EPERM.
  int Open(const char* name, tempdir::ReapedRoot* root);
  int OpenRepaired(const char* name, tempdir::ReapedRoot* root);
  bool IsOwn(int fd, tempdir::ReapedRoot* root);
  // For one that is open. Leaves it unlocked unless it was removed.
  void ReapOpened(int fd, const std::string& name, const RootName& form,
                  tempdir::ReapedRoot* root);
  // For one that is locked, and at its name.
  void ReapLocked(int fd, const std::string& name, const RootName& form,
                  tempdir::ReapedRoot* root);
  // The proof that it is a root, and not another directory of the user.
  struct Evidence {
    bool is_root;
    // Whether it may be removed if it is not a root but is empty.
    bool is_root_if_empty;
    const char* why_not;
  };
  Evidence Examine(int fd, const RootName& form, bool live_mark_names_it) const;
  // Whether its lock, which is free, is that of its owner.
  bool LockIsSeen(bool live, bool same_mount) const;
  void RemoveEmpty(int fd, const std::string& name, const char* why,
                   tempdir::ReapedRoot* root);
  // Renames it, so that its name says that it is being removed. Returns the new
  // name; the old one if the file system is full; an empty one on failure.
  std::string TakeAway(int fd, const std::string& name,
                       tempdir::ReapedRoot* root);
  void Remove(int fd, const std::string& name, tempdir::ReapedRoot* root);
  void Count(int fd, const std::string& name, tempdir::ReapedRoot* root);
  // What the removal engine removed, or counted.
  absl::Status Run(int fd, const std::string& name, bool dry_run,
                   tempdir::ReapedRoot* root);
  std::string PathOf(const std::string& name) const;

  const int parent_fd_;
  const std::string& parent_;
  const tempdir::ReapOptions& options_;
  const ReapScope scope_;
  const uid_t user_;
  bool user_is_told_ = true;
  bool parent_is_closed_ = false;
  dev_t device_ = 0;
  // The mode of the present root, if it was changed.
  std::optional<mode_t> repaired_from_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REAP_ROOT_REAPER_H_
