// What becomes of a registration that its registry refuses.
#ifndef FINALIZE_INTERNAL_LIFE_REFUSAL_H_
#define FINALIZE_INTERNAL_LIFE_REFUSAL_H_

#include "absl/status/status.h"
#include "finalize/internal/life/registration.h"

namespace finalize_internal {

// Without memory it has no text.
absl::Status RefusalStatus(Refusal refusal) noexcept;

// Runs the callback of a filled node if the options say so, notes the refusal,
// destroys the callback and frees the node.
void RefuseBuilt(const Request& request, Node* node, Refusal reason) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_REFUSAL_H_
