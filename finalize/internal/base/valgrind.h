// Tells helgrind and drd what the library's locks order, if FINALIZE_VALGRIND
// is defined: they do not see that by themselves, and would report what one
// thread hands to another through the library. Otherwise there is nothing here,
// and valgrind's headers are not needed.
#ifndef FINALIZE_INTERNAL_BASE_VALGRIND_H_
#define FINALIZE_INTERNAL_BASE_VALGRIND_H_

namespace finalize_internal {

// What a thread has done before it releases `lock` is done for one that has
// acquired it since.
#ifdef FINALIZE_VALGRIND
void NoteAcquired(const void* lock);
void NoteRelease(const void* lock);
#else
inline void NoteAcquired(const void*) {}
inline void NoteRelease(const void*) {}
#endif

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_VALGRIND_H_
