// Crash removal: the removal of this process's directories from inside the
// handler of a crash (contract C23).
//
// It is the removal engine of RemoveTree, in a fixed block instead of the heap,
// on one thread, so that it takes no lock, and with system calls that fail from
// the deadline on. What differs is the way in: the names and identities come
// from a table that needs no lock, and errors go nowhere. What is left then is
// the next reaper's.
//
// Async-signal-safe. Confined to one thread of the process.

#ifndef TEMPDIR_INTERNAL_CRASH_REMOVAL_H_
#define TEMPDIR_INTERNAL_CRASH_REMOVAL_H_

#include <sys/types.h>

#include <cstdint>

namespace tempdir_internal {

// A directory, as it was made.
struct CrashedRoot {
  const char* path;  // absolute
  int fd;            // open on it, if nobody has closed it
  dev_t device;
  ino_t inode;
};

// Removes it with all that is in it, until the deadline (nanoseconds of
// CLOCK_MONOTONIC): if it still stands at its path, is the very one, and holds
// no file `.keep`.
void RemoveCrashedRoot(const CrashedRoot& root, uint64_t deadline_nanos);

// Puts a file `.keep` into it, so that reapers leave it, and says on standard
// error where it is.
void KeepCrashedRoot(const CrashedRoot& root);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_CRASH_REMOVAL_H_
