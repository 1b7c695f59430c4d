// SPDX-License-Identifier: Apache-2.0

// The status that a caller gets if its registration is refused. Separate from
// refusal.h, so that the headers that register need not include absl::Status.
#ifndef FINALIZE_INTERNAL_LIFE_REFUSAL_STATUS_H_
#define FINALIZE_INTERNAL_LIFE_REFUSAL_STATUS_H_

#include "absl/status/status.h"
#include "finalize/export.h"
#include "finalize/internal/life/refusal.h"

namespace finalize_internal {

// Returns the status of a refusal. Without memory its text is empty.
FINALIZE_INTERNAL_EXPORT absl::Status RefusalStatus(Refusal refusal) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_REFUSAL_STATUS_H_
