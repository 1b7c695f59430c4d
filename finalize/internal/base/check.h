// SPDX-License-Identifier: Apache-2.0

// Check and Fatal end a process that broke the contract, with a message that
// says why.
#ifndef FINALIZE_INTERNAL_BASE_CHECK_H_
#define FINALIZE_INTERNAL_BASE_CHECK_H_

#include "finalize/export.h"

namespace finalize_internal {

// Writes "finalize: " and `sentence` to standard error and aborts. Needs no
// allocation and no lock.
[[noreturn]] FINALIZE_INTERNAL_EXPORT void Fatal(const char* sentence);

inline void Check(bool holds, const char* sentence) {
  if (__builtin_expect(!holds, false)) Fatal(sentence);
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_CHECK_H_
