// The root table: which directories of this process are to go with it, where a
// signal handler can read it.
//
// A process that crashes has no locks and no memory to count on. So each root,
// and each temp dir that has no root (TempDirOptions::WithoutProcessRoot), is
// entered in one of a fixed number of slots, with its path, descriptor and
// identity. Where there are more, the rest is not entered: a reaper finds them
// by their locks.
//
//              Enter                            Leave
//     free ------------> filling ---> entered ----------> free
//                                       |
//                                       | ClaimRoots
//                                       v
//                                    claimed, to the end of the process
//
// A slot is one word: the process that it belongs to, and its state. Whoever
// changes the word owns the rest of the slot. What a forked child inherited is
// free there, unless the child has adopted it.
//
// Entries are as they were made. A program may have closed the descriptor,
// moved the directory or put another one at its path: compare the identity. A
// root may hold a file `.keep` (kept_directory.h).
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

// Calls `visit` with each root that this process has entered, and that nobody
// claimed before. From then on its owner leaves path and descriptor as they
// are. For a process that is about to die: a claim is never given back.
void ClaimRoots(void (*visit)(const ClaimedRoot& root, void* context),
                void* context);

// The entry of one root. Confined to one thread at a time.
class RootEntry {
 public:
  RootEntry() = default;
  RootEntry(const RootEntry&) = delete;
  RootEntry& operator=(const RootEntry&) = delete;

  // False where the table is full, the path too long, or `fd` not open. `owner`
  // is never destroyed.
  bool Enter(const finalize::OwnerProcess* owner, const std::string& path,
             int fd);
  // It has been opened again.
  void SetDescriptor(int fd);
  // So many more of the temp dirs in it are left by a failure.
  void CountKept(int more);
  // False where a signal handler has claimed it: the descriptor has to stay.
  // True if it is not entered.
  bool Leave();

 private:
  size_t slot_ = kRootSlots;  // this: none
  const finalize::OwnerProcess* owner_ = nullptr;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_MARKS_ROOT_TABLE_H_
