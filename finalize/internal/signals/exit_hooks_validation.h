// SPDX-License-Identifier: Apache-2.0

// ValidateExitHooks checks the fields of ExitHooks.
#ifndef FINALIZE_INTERNAL_SIGNALS_EXIT_HOOKS_VALIDATION_H_
#define FINALIZE_INTERNAL_SIGNALS_EXIT_HOOKS_VALIDATION_H_

#include "absl/status/status.h"
#include "finalize/exit_hooks.h"

namespace finalize_internal {

// Returns InvalidArgument, with the name of the field, if a field breaks its
// rule.
absl::Status ValidateExitHooks(const finalize::ExitHooks& hooks);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_EXIT_HOOKS_VALIDATION_H_
