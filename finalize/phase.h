// Phases with a meaning: what a program does when it ends, in this order.
//
//   finalize::AtExit(finalize::Options("close listener")
//                        .set_phase(finalize::kStopAcceptingPhase),
//                    [&] { listener.Close(); });
//   finalize::AtExit(finalize::Options("flush journal")
//                        .set_phase(finalize::kFinishWorkPhase),
//                    [&] { journal.Flush(); });
//
// A phase is an int, and any other will do. A drain runs the highest phase
// first, the newest finalizer first inside a phase, and with helper threads it
// begins a phase when the one above it has ended. While a phase drains, other
// threads may register below it only.
//
// Temporary directories are removed after all of these, in
// tempdir::kTempDirPhase (tempdir/finalizer_temp_dir.h).
#ifndef FINALIZE_PHASE_H_
#define FINALIZE_PHASE_H_

#include "finalize/requirements.h"

namespace finalize {

// Take no more work: close listeners, leave the load balancer.
constexpr int kStopAcceptingPhase = 200;
// Complete what was begun: answer open requests, flush queues and journals.
constexpr int kFinishWorkPhase = 100;
// What says nothing else. Work above may still use it.
constexpr int kDefaultPhase = 0;
// Give back what everything else used: locks, pid files, the log.
constexpr int kReleasePhase = -100;

}  // namespace finalize

#endif  // FINALIZE_PHASE_H_
