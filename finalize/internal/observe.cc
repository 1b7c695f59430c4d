#include "finalize/internal/observe.h"

#include "absl/base/attributes.h"

namespace finalize_internal {

ABSL_CONST_INIT std::atomic<uint32_t> watch_flags{0};

}  // namespace finalize_internal
