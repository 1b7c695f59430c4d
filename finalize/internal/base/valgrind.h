// SPDX-License-Identifier: Apache-2.0

// Tells helgrind and drd what the library's locks order, if FINALIZE_VALGRIND
// is defined. The tools do not see that by themselves, and would report data
// that one thread hands to another through the library. If FINALIZE_VALGRIND is
// not defined, the functions do nothing and valgrind's headers are not needed.
#ifndef FINALIZE_INTERNAL_BASE_VALGRIND_H_
#define FINALIZE_INTERNAL_BASE_VALGRIND_H_

#include "finalize/export.h"

namespace finalize_internal {

// Everything that a thread did before it released `lock` happens before
// everything that another thread does after it acquired the lock later.
#ifdef FINALIZE_VALGRIND
FINALIZE_INTERNAL_EXPORT void RecordAcquired(const void* lock);
FINALIZE_INTERNAL_EXPORT void RecordRelease(const void* lock);
#else
inline void RecordAcquired(const void*) {}
inline void RecordRelease(const void*) {}
#endif

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_VALGRIND_H_
