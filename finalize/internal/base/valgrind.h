// SPDX-License-Identifier: Apache-2.0

// Tells helgrind and drd what the library's locks order, if FINALIZE_VALGRIND
// is defined. The tools do not see that by themselves, and would report data
// that one thread hands to another through the library. If FINALIZE_VALGRIND is
// not defined, the functions do nothing and valgrind's headers are not needed.
#ifndef FINALIZE_INTERNAL_BASE_VALGRIND_H_
#define FINALIZE_INTERNAL_BASE_VALGRIND_H_

namespace finalize_internal {

// Everything that a thread did before it released `lock` happens before
// everything that another thread does after it acquired the lock later.
#ifdef FINALIZE_VALGRIND
void RecordAcquired(const void* lock);
void RecordRelease(const void* lock);
#else
inline void RecordAcquired(const void*) {}
inline void RecordRelease(const void*) {}
#endif

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_VALGRIND_H_
