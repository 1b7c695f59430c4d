// SPDX-License-Identifier: Apache-2.0

// The options that SetExitOptions (process_end.h) has set.
//
// Thread-safe.
#ifndef FINALIZE_INTERNAL_END_CURRENT_EXIT_OPTIONS_H_
#define FINALIZE_INTERNAL_END_CURRENT_EXIT_OPTIONS_H_

#include "finalize/process_end.h"

namespace finalize_internal {

finalize::ExitOptions CurrentExitOptions();

// `options` must be valid.
void ReplaceExitOptions(const finalize::ExitOptions& options);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_CURRENT_EXIT_OPTIONS_H_
