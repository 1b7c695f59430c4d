// SPDX-License-Identifier: Apache-2.0

// IgnoringBadAlloc fills in text for people as far as there is memory for it.
#ifndef FINALIZE_INTERNAL_BASE_IGNORING_BAD_ALLOC_H_
#define FINALIZE_INTERNAL_BASE_IGNORING_BAD_ALLOC_H_

#include <new>

#include "absl/status/status.h"

namespace finalize_internal {

// Calls fill(). If fill() runs out of memory, what it has stored by then stays.
template <class Fill>
void IgnoringBadAlloc(Fill fill) noexcept {
  try {
    fill();
  } catch (const std::bad_alloc&) {
  }
}

// Returns a status with the text that text() returns, or without text if text()
// runs out of memory.
template <class Text>
absl::Status StatusOrBareCode(absl::StatusCode code, Text text) noexcept {
  absl::Status status(code, "");
  IgnoringBadAlloc([&] { status = absl::Status(code, text()); });
  return status;
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_IGNORING_BAD_ALLOC_H_
