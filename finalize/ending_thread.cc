#include "finalize/ending_thread.h"

#include "finalize/internal/end/end_state.h"

namespace finalize {

bool IsExitingThread() { return finalize_internal::ExitsHere(); }

}  // namespace finalize
