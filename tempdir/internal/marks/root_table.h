// SPDX-License-Identifier: Apache-2.0

// The root table: which directories are to be removed with this process, in a
// form that a signal handler can read.
//
// A process that crashes cannot rely on locks or on memory. So each root, and
// each temp dir that has no root (TempDirOptions::set_direct), is entered in
// one of a fixed number of slots, with its path, descriptor and identity. If
// there are more, the rest is not entered: a reaper finds them by their locks.
//
//              Enter                            Leave
//     free ------------> filling ---> entered ----------> free
//                                       |
//                                       | ClaimRoots
//                                       v
//                                    claimed, to the end of the process
//
// The state of a slot is one word, together with the process that it belongs
// to. The thread that changes the word owns the rest of the slot. In a forked
// child an inherited slot counts as free, unless the child has adopted it.
//
// Entries are as they were entered. A program may have closed the descriptor,
// moved the directory or put another one at its path: compare the identity. A
// root may hold a file `.keep` (keep_mark.h).
//
// Thread-safe. ClaimRoots() is async-signal-safe.

#ifndef TEMPDIR_INTERNAL_MARKS_ROOT_TABLE_H_
#define TEMPDIR_INTERNAL_MARKS_ROOT_TABLE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "finalize/owner_process.h"

namespace tempdir_internal {

// As many direct temp dirs as may wait for their removal in the background
// (kMaxQueued), and as many again in use.
constexpr size_t kRootSlots = 512;

// A root as a signal handler finds it.
struct ClaimedRoot {
  const char* path;  // absolute
  int fd;            // open for reading, if the program has not closed it
  dev_t device;
  ino_t inode;
  bool keep;  // it holds something that a failure leaves
};

// Calls `visit` with each root that this process has entered and that was not
// claimed before. From then on its owner does not change path and descriptor.
// For a process that is about to end: a claim is never given back.
void ClaimRoots(void (*visit)(const ClaimedRoot& root, void* context),
                void* context);

// The entry of one root. Confined to one thread at a time.
class RootEntry {
 public:
  RootEntry() = default;
  RootEntry(const RootEntry&) = delete;
  RootEntry& operator=(const RootEntry&) = delete;

  // Returns false if the table is full, the path is too long, or `fd` is not
  // open. `owner` is never destroyed. A failure leaves `kept` of the temp dirs
  // in it.
  bool Enter(const finalize::OwnerProcess* owner, const std::string& path,
             int fd, int kept = 0);
  // It has been opened again.
  void SetDescriptor(int fd);
  // A failure leaves `more` more of the temp dirs in it.
  void CountKept(int more);
  // Returns false if a signal handler has claimed it: the descriptor must stay
  // open. Returns true if it is not entered.
  bool Leave();

 private:
  size_t slot_ = kRootSlots;  // this: none
  const finalize::OwnerProcess* owner_ = nullptr;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_MARKS_ROOT_TABLE_H_
