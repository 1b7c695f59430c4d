// RemovalWorker: takes directories from the queue, empties and removes them.
//
// One worker does this for each node that it takes:
//   - opens the directory, if there are descriptors to spare; else has it moved
//     up into the root, or set aside;
//   - reads its entries, removes those that are not directories, and
//     sub-directories as long as they turn out to be empty; the others become
//     nodes on its stack;
//   - whoever finishes the last child of a directory removes it, and then goes
//     on with its parent, if that was its last child, and so on.
//
// Confined to one thread.

#ifndef TEMPDIR_INTERNAL_REMOVAL_WORKER_H_
#define TEMPDIR_INTERNAL_REMOVAL_WORKER_H_

#include <cstdint>

#include "tempdir/internal/directory_reader.h"
#include "tempdir/internal/removal_queue.h"
#include "tempdir/internal/removal_state.h"
#include "tempdir/internal/removal_threads.h"

namespace tempdir_internal {

class RemovalWorker {
 public:
  // `threads`, if not null, is asked for more workers when there is much to do.
  RemovalWorker(RemovalState& state, int number, RemovalThreads* threads)
      : state_(state),
        number_(number),
        threads_(threads),
        reader_(state.calls, state.storage) {}

  // Works until nothing is left for it.
  void Run();

  const RemovalCounts& counts() const { return counts_; }

 private:
  enum class Room { kFree, kNone, kHandedOn };
  enum class Verdict { kGone, kStays, kAgain };

  // Opening: on false the node has been dealt with.
  bool Open(TreeNode* node);
  Room MakeRoom(TreeNode* node);
  void CannotOpen(TreeNode* node, int error);

  // Emptying.
  void Read(TreeNode* node);
  bool ByInode(int fd);
  void RemoveEntries(TreeNode* directory);
  void RemoveRuns(NameRuns& runs);
  void RemoveEntry(TreeNode* directory, const char* name, uint32_t type);
  void CountEntry(TreeNode* directory, const char* name, uint32_t type);
  void RemoveFile(TreeNode* directory, const char* name);
  bool RemoveIfEmpty(TreeNode* directory, const char* name);
  int Remove(TreeNode* directory, const char* name, int flags);
  void AddChild(TreeNode* directory, const char* name);
  void PushFound();

  // Finishing.
  void Drop(TreeNode* node);
  void Retire(TreeNode* node, bool gone);
  TreeNode* Free(TreeNode* node, bool gone);
  bool IsToBeReadOn(TreeNode* node);
  Verdict RemoveDirectory(TreeNode* node);
  Verdict Refilled(TreeNode* node);
  bool StillPatient(TreeNode* node);
  Verdict Vanished(TreeNode* node);
  void ReportRefilled(TreeNode* node);
  bool IsAtItsName(TreeNode* node);

  RemovalState& state_;
  const int number_;
  RemovalThreads* const threads_;
  DirectoryReader reader_;
  RemovalCounts counts_;
  // Children found and not yet in the queue.
  NodeStack found_;
  uint32_t waiting_ = 0;
  // How far removing a sub-directory unread has paid lately; tried while it is
  // positive.
  int empty_credit_ = 4;
  uint32_t untried_ = 0;
  uint32_t extensions_ = 0;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVAL_WORKER_H_
