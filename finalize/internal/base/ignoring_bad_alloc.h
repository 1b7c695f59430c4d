// IgnoringBadAlloc: text for people is filled in as far as memory goes.
#ifndef FINALIZE_INTERNAL_BASE_IGNORING_BAD_ALLOC_H_
#define FINALIZE_INTERNAL_BASE_IGNORING_BAD_ALLOC_H_

#include <new>

#include "absl/status/status.h"

namespace finalize_internal {

// Calls fill(). Where that runs out of memory, what it has done by then stands.
template <class Fill>
void IgnoringBadAlloc(Fill fill) noexcept {
  try {
    fill();
  } catch (const std::bad_alloc&) {
  }
}

// Returns a status with what text() returns, or, where that runs out of memory,
// with no text.
template <class Text>
absl::Status StatusOrBareCode(absl::StatusCode code, Text text) noexcept {
  absl::Status status(code, "");
  IgnoringBadAlloc([&] { status = absl::Status(code, text()); });
  return status;
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_IGNORING_BAD_ALLOC_H_
