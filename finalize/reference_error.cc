#include "finalize/reference_error.h"

namespace finalize {

const char* ReferenceError::what() const noexcept {
  return "weakly-referenced object no longer exists";
}

void ThrowReferenceError() { throw ReferenceError(); }

}  // namespace finalize
