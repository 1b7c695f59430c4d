#include "finalize/internal/out_of_range.h"

#include <stdexcept>

namespace finalize_internal {

void ThrowOutOfRange(const char* what) { throw std::out_of_range(what); }

}  // namespace finalize_internal
