// Tells helgrind and drd what the library's locks order, if FINALIZE_VALGRIND
// is defined: they do not see that by themselves, and would report what one
// thread hands to another through the library. Otherwise there is nothing here,
// and valgrind's headers are not needed.
#ifndef FINALIZE_INTERNAL_VALGRIND_H_
#define FINALIZE_INTERNAL_VALGRIND_H_

#ifdef FINALIZE_VALGRIND
#include <valgrind/drd.h>
#include <valgrind/helgrind.h>
#endif

namespace finalize_internal {

// What a thread has done before it releases `lock` is done for one that has
// acquired it since. Each request means something to one tool only.
inline void NoteAcquired([[maybe_unused]] const void* lock) {
#ifdef FINALIZE_VALGRIND
  VALGRIND_DO_CLIENT_REQUEST_STMT(_VG_USERREQ__HG_USERSO_RECV_POST, lock, 0, 0,
                                  0, 0);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_AFTER, lock,
                                  0, 0, 0, 0);
#endif
}

inline void NoteRelease([[maybe_unused]] const void* lock) {
#ifdef FINALIZE_VALGRIND
  VALGRIND_DO_CLIENT_REQUEST_STMT(_VG_USERREQ__HG_USERSO_SEND_PRE, lock, 0, 0,
                                  0, 0);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_BEFORE, lock,
                                  0, 0, 0, 0);
#endif
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_VALGRIND_H_
