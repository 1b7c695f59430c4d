// SPDX-License-Identifier: Apache-2.0

// SignalsBlocked blocks all signals while a thread starts one of the library's
// threads.
#ifndef FINALIZE_INTERNAL_SYSTEM_SIGNALS_BLOCKED_H_
#define FINALIZE_INTERNAL_SYSTEM_SIGNALS_BLOCKED_H_

#include <pthread.h>
#include <signal.h>

namespace finalize_internal {

// Blocks all signals on this thread during its lifetime, so that a thread that
// is started meanwhile receives none.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  // Returns the mask that this thread had before.
  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_SIGNALS_BLOCKED_H_
