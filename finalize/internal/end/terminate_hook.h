// The hook in std::terminate().
#ifndef FINALIZE_INTERNAL_END_TERMINATE_HOOK_H_
#define FINALIZE_INTERNAL_END_TERMINATE_HOOK_H_

namespace finalize_internal {

// Installs it, in front of the handler that it finds, unless that is the hook.
void InstallTerminateHook();

// Ends the process by that handler, which says what it says of the exception
// that came first, and by abort().
[[noreturn]] void EndByTerminate() noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_TERMINATE_HOOK_H_
