// SignalsBlocked: for a thread that is about to start one of the library's.
#ifndef FINALIZE_INTERNAL_SYSTEM_SIGNALS_BLOCKED_H_
#define FINALIZE_INTERNAL_SYSTEM_SIGNALS_BLOCKED_H_

#include <pthread.h>
#include <signal.h>

namespace finalize_internal {

// Blocks all signals on this thread while it lives, so that a thread it starts
// gets none.
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

  // The mask of this thread before.
  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_SIGNALS_BLOCKED_H_
