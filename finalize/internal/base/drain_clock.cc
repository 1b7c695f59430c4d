// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/drain_clock.h"

#include "absl/base/attributes.h"

namespace finalize_internal {

ABSL_CONST_INIT std::atomic<bool> drain_clock_is_fake{false};
ABSL_CONST_INIT std::atomic<uint64_t> drain_clock_ahead{0};

}  // namespace finalize_internal
