// Which process this is, so that what a forked child inherited is told from
// what it made: a child never removes its parent's directories.
//
// A process id does not do: a child in a pid namespace of its own may have its
// parent's. The number lies in a page that the kernel wipes in a child, so raw
// clone() is seen as well as fork(). Nothing is set up before the first call.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_OWNER_PROCESS_H_
#define TEMPDIR_INTERNAL_OWNER_PROCESS_H_

#include <cstdint>

namespace tempdir_internal {

// A number that every process shares with none of its ancestors; never 0.
uint32_t ThisProcess();

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNER_PROCESS_H_
