// Flushing stdio at the end of a process whose threads go on.
#ifndef FINALIZE_INTERNAL_SYSTEM_STDIO_FLUSH_H_
#define FINALIZE_INTERNAL_SYSTEM_STDIO_FLUSH_H_

#include <cstdint>

namespace finalize_internal {

// Writes what the program has left in the buffers of stdout and stderr. Passes
// over a stream that another thread holds, and returns after `nanos` although
// nobody reads what is written.
void FlushStdio(uint64_t nanos);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_STDIO_FLUSH_H_
