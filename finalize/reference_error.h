// ReferenceError: what a use of a weak reference throws that cannot return
// "dead" (weak_proxy.h).
//
// A value; thread-compatible (const calls may run concurrently). Making,
// copying and asking it takes no memory.
#ifndef FINALIZE_REFERENCE_ERROR_H_
#define FINALIZE_REFERENCE_ERROR_H_

#include <exception>

#include "finalize/requirements.h"

namespace finalize {

class ReferenceError : public std::exception {
 public:
  // Returns "weakly-referenced object no longer exists".
  const char* what() const noexcept override;
};

}  // namespace finalize

namespace finalize_internal {

[[noreturn]] void ThrowReferenceError();

}  // namespace finalize_internal

#endif  // FINALIZE_REFERENCE_ERROR_H_
