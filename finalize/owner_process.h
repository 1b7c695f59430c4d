// OwnerProcess: which process something belongs to, for what must not be
// cleaned up by a forked child.
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
// A process id does not do: it is reused, and a child in a pid namespace of its
// own may have its parent's. Forks are seen as the library itself sees them,
// raw clone() included. A process that adopted what it inherited
// (adopt_after_fork.h) is the owner in place of its parent.
//
// Making one counts as a use of the library: a child that does it has let go
// of what it inherited.
//
// A value. Thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_OWNER_PROCESS_H_
#define FINALIZE_OWNER_PROCESS_H_

#include <cstdint>

#include "finalize/internal/adoption.h"

namespace finalize {

class OwnerProcess {
 public:
  // The calling process.
  OwnerProcess() : epoch_(finalize_internal::UseEpoch()) {}

  // Whether it is the calling process, or one from which that adopted.
  bool IsThis() const { return finalize_internal::IsOwnEpoch(epoch_); }

  // A number that it shares with none of its ancestors and descendants, not
  // even with those it adopted from; never 0.
  uint32_t number() const { return epoch_; }

  // Equal are those of one process. A process that adopted is another one than
  // that from which it did.
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
