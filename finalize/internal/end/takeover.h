// How a thread that waits in exit() sees that it has to go on with the drain of
// another: from glibc 2.41 on nobody else can end the process.
//
// It is proved where the callback that is under way sleeps in exit() (see
// exit_lock.h). Where it is merely slow, ExitOptions::take_over says when.
#ifndef FINALIZE_INTERNAL_END_TAKEOVER_H_
#define FINALIZE_INTERNAL_END_TAKEOVER_H_

#include <cstdint>

#include "finalize/cause.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

enum class Why {
  kNo,
  kSleepsInExit,  // the callback never comes back
  kSlow,          // it may
};

// What a thread knows that stands by. Confined to it.
class Takeover {
 public:
  // Looks at the drain of thread `task`. Whether a slow callback counts is the
  // caller's to say.
  Why Look(int task, bool may_be_slow);
  // For how many nanoseconds to sleep before the next look.
  uint64_t NextNap();

 private:
  bool IsSlow();

  uint64_t steps_ = 0;  // as of the last look
  uint64_t limit_ = 0;  // when the callback of that step is slow
  uint64_t nap_ = 0;
};

// Lets go what thread `task`, which sleeps in exit() for good, was running, and
// reports its callbacks in the process registry as running still.
void AbandonSleeper(int task, const finalize::Cause& cause);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_TAKEOVER_H_
