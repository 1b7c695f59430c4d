// SPDX-License-Identifier: Apache-2.0

// The hook in std::terminate().
#ifndef FINALIZE_INTERNAL_END_TERMINATE_HOOK_H_
#define FINALIZE_INTERNAL_END_TERMINATE_HOOK_H_

namespace finalize_internal {

// Installs the hook in front of the handler that it finds, unless that is the
// hook itself.
void InstallTerminateHook();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_TERMINATE_HOOK_H_
