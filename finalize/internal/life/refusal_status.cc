// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/refusal_status.h"

#include "finalize/internal/base/ignoring_bad_alloc.h"

namespace finalize_internal {
namespace {

struct Reason {
  absl::StatusCode code;
  const char* text;
};

Reason ReasonFor(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      break;
    case Refusal::kSealed:
      return {absl::StatusCode::kFailedPrecondition, "the registry is sealed"};
    case Refusal::kClosed:
      return {absl::StatusCode::kUnavailable,
              "a drain has closed the registry to other threads"};
    case Refusal::kPastExit:
      return {absl::StatusCode::kFailedPrecondition,
              "the process is past its exit handlers, or past their deadline"};
    case Refusal::kNoMemory:
      return {absl::StatusCode::kResourceExhausted,
              "no memory for a finalizer"};
    case Refusal::kNoReferent:
      return {absl::StatusCode::kInvalidArgument,
              "the pointer is null, owns nothing, or was not created by "
              "MakeShared or Adopt"};
  }
  return {absl::StatusCode::kInternal, "unknown refusal"};
}

}  // namespace

absl::Status RefusalStatus(Refusal refusal) noexcept {
  if (refusal == Refusal::kNone) return absl::OkStatus();
  const Reason reason = ReasonFor(refusal);
  return StatusOrBareCode(reason.code, [&] { return reason.text; });
}

}  // namespace finalize_internal
