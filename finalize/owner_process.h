// SPDX-License-Identifier: Apache-2.0

// OwnerProcess remembers the process that created it, so that a forked child
// does not clean up what belongs to its parent.
//
//   class Spool {
//    public:
//     ~Spool() {
//       if (owner_.IsThis()) RemoveTree(path_);
//     }
//    private:
//     finalize::OwnerProcess owner_;
//   };
//
// A process id is not enough: ids are reused, and a child in its own pid
// namespace may have its parent's. OwnerProcess notices forks as the library
// does, raw clone() included.
//
// Lifetime: a process that adopted what it inherited (adopt_after_fork.h) is
// the owner in place of its parent. Creating an OwnerProcess counts as a use of
// the library: a child that does so has given up what it inherited.
//
// A value. Thread-compatible: const calls may run concurrently.
#ifndef FINALIZE_OWNER_PROCESS_H_
#define FINALIZE_OWNER_PROCESS_H_

#include <cstdint>

#include "finalize/internal/drain/adoption.h"

namespace finalize {

class OwnerProcess {
 public:
  // Remembers the calling process.
  OwnerProcess() : epoch_(finalize_internal::UseEpoch()) {}

  // Returns true in the process that is remembered, and in one that adopted
  // from it.
  bool IsThis() const { return finalize_internal::IsOwnEpoch(epoch_); }

  // Returns a number that no ancestor and no descendant of the process has, not
  // even one that it adopted from. Never 0.
  uint32_t number() const { return epoch_; }

  // Two are equal if they remember the same process. A process that adopted and
  // the process from which it adopted are different.
  friend bool operator==(const OwnerProcess& a, const OwnerProcess& b) {
    return a.epoch_ == b.epoch_;
  }
  friend bool operator!=(const OwnerProcess& a, const OwnerProcess& b) {
    return !(a == b);
  }

 private:
  uint32_t epoch_;
};

}  // namespace finalize

#endif  // FINALIZE_OWNER_PROCESS_H_
