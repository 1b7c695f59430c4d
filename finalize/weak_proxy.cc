// SPDX-License-Identifier: Apache-2.0

// If the library is compiled without RTTI, there are no proxies
// (rtti_required.h).
#ifdef __GXX_RTTI

#include "finalize/weak_proxy.h"

namespace finalize {

const char* ReferenceError::what() const noexcept {
  return "weakly-referenced object no longer exists";
}

}  // namespace finalize

namespace finalize_internal {

void ThrowReferenceError() { throw finalize::ReferenceError(); }

}  // namespace finalize_internal

#endif  // __GXX_RTTI
