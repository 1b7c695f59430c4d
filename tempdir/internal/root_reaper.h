// RootReaper: what becomes of one root.
//
//   open ---> lock exclusively ---> the name means it? ---> rename ---> remove
//    |  not ours    |  held              |  no                 |  refused
//    v              v                    v                     v
//   kRefused     kInUse, kTaken        kGone                kFailed
//
// Nothing is changed before all of that has been seen (but for the mode of a
// directory of the user's own that cannot be read); nothing is removed but
// under the lock. Killed at any point, it leaves the root under its own name or
// under one that ends with `.reap`, locked by nobody, for the next reaper.
//
// Confined to one thread, which may have a TimeLimit.

#ifndef TEMPDIR_INTERNAL_ROOT_REAPER_H_
#define TEMPDIR_INTERNAL_ROOT_REAPER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "tempdir/internal/root_name.h"
#include "tempdir/reap_report.h"

namespace tempdir_internal {

class RootReaper {
 public:
  // For the roots of the effective user in the directory `parent`, which is
  // open at `parent_fd`. Both outlive this, as do the options.
  RootReaper(int parent_fd, const std::string& parent,
             const tempdir::ReapOptions& options);

  // `name` has the form of a root of that user.
  tempdir::ReapedRoot Reap(const std::string& name, const RootName& form);

 private:
  // Opens it, if it is what its name says. A descriptor or -errno; what is
  // refused is so in `root`, and the result is -EPERM.
  int Open(const char* name, tempdir::ReapedRoot* root);
  int OpenRepaired(const char* name, tempdir::ReapedRoot* root);
  bool IsOwn(int fd, tempdir::ReapedRoot* root);
  // For one that is open. Leaves it unlocked unless it was removed.
  void ReapOpened(int fd, const std::string& name, const RootName& form,
                  tempdir::ReapedRoot* root);
  // Gives it a name that says that it is being removed, and returns that; its
  // own where a full file system has no room for another; empty if it cannot.
  std::string TakeAway(int fd, const std::string& name,
                       tempdir::ReapedRoot* root);
  void Remove(int fd, const std::string& name, tempdir::ReapedRoot* root);
  void Count(int fd, const std::string& name, tempdir::ReapedRoot* root);
  // The removal engine's work, or its count of it.
  absl::Status Run(int fd, const std::string& name, bool dry_run,
                   tempdir::ReapedRoot* root);
  std::string PathOf(const std::string& name) const;

  const int parent_fd_;
  const std::string& parent_;
  const tempdir::ReapOptions& options_;
  const uid_t user_;
  dev_t device_ = 0;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_REAPER_H_
