// SPDX-License-Identifier: Apache-2.0

// ForcedUnwind is the exception by which glibc unwinds the stack of a thread
// that calls pthread_exit() or is cancelled; code that catches it must rethrow
// it.
//
// Only libstdc++ names it. With libc++ no handler matches ForcedUnwind: catch
// (...) sees the unwinding, and glibc ends the process ("FATAL: exception not
// rethrown") if it is not rethrown. With musl such a thread unwinds nothing.
#ifndef FINALIZE_INTERNAL_BASE_FORCED_UNWIND_H_
#define FINALIZE_INTERNAL_BASE_FORCED_UNWIND_H_

#include <cxxabi.h>

#include <cstddef>  // defines __GLIBCXX__

#include "finalize/internal/base/requirements.h"

namespace finalize_internal {

#ifdef __GLIBCXX__
using ForcedUnwind = abi::__forced_unwind;
#else
class ForcedUnwind {
  ForcedUnwind() = default;  // nothing throws one
};
#endif

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_FORCED_UNWIND_H_
