// SPDX-License-Identifier: Apache-2.0

// How the process ends by std::terminate(): by the handler that the library's
// hook (terminate_hook.h) replaced.
//
// Thread-safe.
#ifndef FINALIZE_INTERNAL_END_TERMINATE_END_H_
#define FINALIZE_INTERNAL_END_TERMINATE_END_H_

#include <exception>

namespace finalize_internal {

// Notes the handler that the hook is about to replace.
void NotePreviousHandler(std::terminate_handler handler);

// Notes the exception that no code caught, on the first thread that comes here.
void NoteOriginalException();

// Returns true if this thread is in the previous handler.
bool IsInPreviousHandler();

// Ends the process by the previous handler, which sees the exception that came
// first, and by abort() if that handler returns.
[[noreturn]] void EndByTerminate() noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_TERMINATE_END_H_
