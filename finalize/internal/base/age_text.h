// How an age reads: `3.1s`, `250ms`.
#ifndef FINALIZE_INTERNAL_BASE_AGE_TEXT_H_
#define FINALIZE_INTERNAL_BASE_AGE_TEXT_H_

#include <string>

#include "absl/time/time.h"

namespace finalize_internal {

// Two or three digits are enough.
std::string AgeText(absl::Duration age);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_AGE_TEXT_H_
