#include "finalize/ending_thread.h"

#include "finalize/internal/end_state.h"

namespace finalize {

bool ThisThreadEndsProcess() { return finalize_internal::ExitsHere(); }

}  // namespace finalize
