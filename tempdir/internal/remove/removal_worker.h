// SPDX-License-Identifier: Apache-2.0

// RemovalWorker: takes directories from the queue, empties and removes them.
//
// One worker does this for each node that it takes:
//   - opens the directory, if there are descriptors to spare; else has it moved
//     up into the root, or set aside;
//   - reads its entries and has them removed (EntryRemover); the children that
//     are found go to its stack;
//   - drops it: the last worker that drops it removes it (DirectoryFinisher),
//     and then its parent, if that was the last child, and so on.
//
// Confined to one thread.

#ifndef TEMPDIR_INTERNAL_REMOVE_REMOVAL_WORKER_H_
#define TEMPDIR_INTERNAL_REMOVE_REMOVAL_WORKER_H_

#include <cstdint>

#include "tempdir/internal/remove/directory_finisher.h"
#include "tempdir/internal/remove/entry_remover.h"
#include "tempdir/internal/remove/removal_threads.h"
#include "tempdir/internal/remove/tree_departure.h"
#include "tempdir/internal/tree/directory_reader.h"
#include "tempdir/internal/tree/removal_queue.h"
#include "tempdir/internal/tree/removal_state.h"
#include "tempdir/internal/tree/tree_node.h"

namespace tempdir_internal {

class RemovalWorker {
 public:
  // `threads`, if not null, is asked for more workers when there is much to do.
  RemovalWorker(RemovalState& state, int number, RemovalThreads* threads)
      : state_(state),
        number_(number),
        threads_(threads),
        reader_(state.calls, state.storage),
        entries_(state),
        finisher_(state, entries_, reader_),
        watch_(state) {}

  // Works until nothing is left for it.
  void Run();

  const RemovalCounts& counts() const { return entries_.counts(); }

 private:
  enum class Room { kFree, kNone, kHandedOn };

  void Work(TreeNode* node);
  void GiveUp(TreeNode* node);

  // Opening: on false the node has been dealt with.
  bool Open(TreeNode* node);
  Room MakeRoom(TreeNode* node);
  void CannotOpen(TreeNode* node, int error);

  // Emptying.
  void Read(TreeNode* node);
  bool ByInode(int fd);
  void RemoveEntries(TreeNode* directory);
  void RemoveRuns(NameRuns& runs);
  void PushFound();
  // `node`, if not null, is to be read again.
  void Rest(TreeNode* node);

  RemovalState& state_;
  const int number_;
  RemovalThreads* const threads_;
  DirectoryReader reader_;
  EntryRemover entries_;
  DirectoryFinisher finisher_;
  DepartureWatch watch_;
  // Nodes on its stack when it last put some there.
  uint32_t waiting_ = 0;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_REMOVAL_WORKER_H_
