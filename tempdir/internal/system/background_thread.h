// SPDX-License-Identifier: Apache-2.0

// Library threads, which are detached.
#ifndef TEMPDIR_INTERNAL_SYSTEM_BACKGROUND_THREAD_H_
#define TEMPDIR_INTERNAL_SYSTEM_BACKGROUND_THREAD_H_

namespace tempdir_internal {

// Keeps the code of these threads mapped from then on (module.h). Returns false
// if that fails. Takes the lock of the dynamic linker when first called.
bool PrepareBackgroundThreads();

// Starts a detached thread that calls run(argument), on a stack of 512 KiB,
// with all signals blocked: the program's handlers run elsewhere. Returns false
// if no thread can be started, or if PrepareBackgroundThreads() has not
// succeeded.
bool StartBackgroundThread(void* (*run)(void* argument), void* argument);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_BACKGROUND_THREAD_H_
