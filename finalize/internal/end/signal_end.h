// The one place where a process ends after the drain of a signal.
#ifndef FINALIZE_INTERNAL_END_SIGNAL_END_H_
#define FINALIZE_INTERNAL_END_SIGNAL_END_H_

namespace finalize_internal {

// Ends the process after the drain of `signal`, as ExitHooks asks for:
//
//   other copies of the library have drained --> stdio is flushed --> the
//   handler of ExitHooks::handled_after_drain runs --> _exit() with a status,
//   or death by the signal
//
// Each step that hangs is passed over, shortly after the deadline at the
// latest. Not async-signal-safe.
[[noreturn]] void EndAfterDrain(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_SIGNAL_END_H_
