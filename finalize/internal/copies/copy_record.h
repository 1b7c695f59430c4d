// SPDX-License-Identifier: Apache-2.0

// How copies of the library in one process find each other: for example, two
// plugins that each contain one, hidden from each other and of different
// versions (contract C36).
//
// Each copy has an ELF note, which the dynamic linker's list of objects leads
// to. It holds the distance to a record of plain data, so that neither needs a
// relocation or a symbol:
//
// clang-format off
//     dl_iterate_phdr -> PT_NOTE "finalize" --+--> CopyRecord -> the board
//                                             |                  (copies.h)
//     (of the next object)       "finalize" --+--> CopyRecord --^
// clang-format on
//
// The layout of CopyRecord is frozen: copies of all versions read it. A record
// is read only under the lock of the dynamic linker, so never while dlclose()
// unmaps it. What is needed without that lock is on the board.
//
// dl_iterate_phdr sees the objects of one namespace: copies that dlmopen() has
// separated do not find each other.
#ifndef FINALIZE_INTERNAL_COPIES_COPY_RECORD_H_
#define FINALIZE_INTERNAL_COPIES_COPY_RECORD_H_

#include <atomic>
#include <cstdint>

namespace finalize_internal {

// Of the record and of the board. Copies of different versions do not know each
// other. A new field in reserved space is a new revision: copies of all
// revisions of one version work together, and an older one does not change the
// field.
constexpr uint64_t kCopyMagic = 0x657a696c616e6966;  // "finalize"
constexpr uint32_t kCopyVersion = 1;
constexpr uint32_t kCopyRevision = 1;

struct CopyRecord {
  uint64_t magic;
  uint32_t version;
  uint32_t revision;
  uint32_t size;
  uint32_t reserved;
  // Where the board is; 0 until this copy has joined the others. Valid in
  // forked children, too.
  std::atomic<uint64_t> board;
  // The functions that this copy installs as handlers of stop signals and of
  // crash signals; 0 until it has installed one.
  std::atomic<uint64_t> stop_handlers[2];
  std::atomic<uint64_t> crash_handler;
  // Bit n - 1: this copy installed its handler for signal n over the default
  // action, or over the handler of a copy that had done so.
  std::atomic<uint64_t> over_default;
};
static_assert(sizeof(CopyRecord) == 64, "the layout is frozen");

// Returns the record of this copy.
CopyRecord& OwnRecord();

// Calls visit(record, context) for each copy of this version, until it returns
// true; returns whether it did. The lock of the dynamic linker is held: `visit`
// takes no other lock and calls no user code. Not async-signal-safe.
bool VisitRecords(bool (*visit)(CopyRecord& record, void* context),
                  void* context);

// Calls function(context) with the lock of the dynamic linker held, so that no
// other copy changes anything between two looks. (musl holds no lock, and never
// unmaps.)
void WithLoaderLock(void (*function)(void* context), void* context);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_COPIES_COPY_RECORD_H_
