// SPDX-License-Identifier: Apache-2.0

// FlushStdio flushes stdio at the end of a process whose other threads still
// run.
#ifndef FINALIZE_INTERNAL_SYSTEM_STDIO_FLUSH_H_
#define FINALIZE_INTERNAL_SYSTEM_STDIO_FLUSH_H_

#include <cstdint>

namespace finalize_internal {

// Writes the text that is still in the buffers of stdout and stderr. Skips a
// stream that another thread holds locked. Returns after `nanos` even if a
// reader does not read the text.
void FlushStdio(uint64_t nanos);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_STDIO_FLUSH_H_
