// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/valgrind.h"

// Not included by the header, because they define macros with names of Abseil's
// functions.
#ifdef FINALIZE_VALGRIND
#include <valgrind/drd.h>
#include <valgrind/helgrind.h>

namespace finalize_internal {

// Each request has a meaning for one of the two tools only.
void RecordAcquired(const void* lock) {
  VALGRIND_DO_CLIENT_REQUEST_STMT(_VG_USERREQ__HG_USERSO_RECV_POST, lock, 0, 0,
                                  0, 0);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_AFTER, lock,
                                  0, 0, 0, 0);
}

void RecordRelease(const void* lock) {
  VALGRIND_DO_CLIENT_REQUEST_STMT(_VG_USERREQ__HG_USERSO_SEND_PRE, lock, 0, 0,
                                  0, 0);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_BEFORE, lock,
                                  0, 0, 0, 0);
}

}  // namespace finalize_internal
#endif
