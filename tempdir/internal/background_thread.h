// A thread of the library's own, which nobody joins.
#ifndef TEMPDIR_INTERNAL_BACKGROUND_THREAD_H_
#define TEMPDIR_INTERNAL_BACKGROUND_THREAD_H_

namespace tempdir_internal {

// Starts a detached thread that calls run(argument), on a stack of 512 KiB,
// with all signals blocked: the program's handlers run elsewhere. False where
// there is no thread to be had.
bool StartBackgroundThread(void* (*run)(void* argument), void* argument);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_BACKGROUND_THREAD_H_
