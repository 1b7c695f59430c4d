// SPDX-License-Identifier: Apache-2.0

// One phase of a drain on helper threads. A worker, seen from its phase:
//
// clang-format off
//     kLooking ----- claimed -----> kInCallback --- deadline ---> kAbandoned
//       |   ^                         |   |
//       |   +------- returned --------+   | calls exit(), or is found
//       v                                 | to sleep there (exit_lock.h)
//     kEnded <----------------------------+
// clang-format on
//
// Only a worker in kLooking touches the registry and its report, and it runs no
// user code then: destructors and the failure reporter count as callbacks. At
// the deadline the phase waits for workers in kLooking, which takes a few
// instructions, and abandons those in kInCallback. A worker that finds itself
// in kAbandoned frees its finalizer and ends.
#include "finalize/internal/drain/parallel_drain.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/drain/drain.h"
#include "finalize/internal/drain/drain_cursor.h"
#include "finalize/internal/drain/drain_step.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/life/finish.h"
#include "finalize/internal/node/slab.h"
#include "finalize/internal/system/detached_thread.h"
#include "finalize/internal/system/exit_lock.h"

namespace finalize_internal {
namespace {

using finalize::DrainOptions;
using finalize::Report;

enum WorkerState : uint32_t { kLooking, kInCallback, kAbandoned, kEnded };

struct Phase;

struct Worker final : DrainPart {
  // The callback has called exit(), and the thread will not return.
  void Abandon() noexcept override;
  // Adds `current` to `report`. For a worker in kLooking.
  void HandOver();

  Phase* phase = nullptr;
  std::atomic<uint32_t> state{kLooking};
  std::atomic<int> task{0};  // gettid() of its thread; 0: not yet
  // Of the callback, in kInCallback and kAbandoned; null if it has ended.
  NodeRef node;
  Report current;  // of that callback, and of drains in it
  Report report;   // of the callbacks that have ended
};

// The workers share it, and may outlive the drain.
struct Phase {
  Phase(Core* core_in, int number_in, const DrainContext& outer, size_t count)
      : core(core_in),
        number(number_in),
        options(*outer.options),
        deadline(outer.deadline),
        start(outer.now),
        workers(count) {
    for (Worker& worker : workers) worker.phase = this;
  }

  uint32_t* change_word() { return reinterpret_cast<uint32_t*>(&changed); }
  void SignalChange() {
    changed.fetch_add(1, std::memory_order_acq_rel);
    FutexWake(change_word());
  }

  Core* const core;
  const int number;
  const DrainOptions options;
  const uint64_t deadline;
  const uint64_t start;
  std::atomic<bool> stop{false};
  std::atomic<bool> late{false};  // a worker saw that the deadline had passed
  std::atomic<uint32_t> changed{0};  // grows when a worker ends
  std::vector<Worker> workers;
};

// Changes from kInCallback to kLooking. Returns false if the drain has
// abandoned the worker meanwhile.
bool BackToLooking(Worker* worker) {
  uint32_t expected = kInCallback;
  return worker->state.compare_exchange_strong(expected, kLooking,
                                               std::memory_order_acq_rel);
}

// Returns the context in which a worker reports to `report`.
DrainContext ContextOf(Phase* phase, Report* report, DrainScope* scope) {
  DrainContext context{report,      &phase->options,          phase->deadline,
                       phase->core, Measures(phase->options), scope};
  context.now = phase->start;  // nothing starts before
  return context;
}

void Worker::HandOver() {
  DrainContext whole = ContextOf(phase, &report, nullptr);
  Absorb(&whole, std::exchange(current, Report()));
}

void Worker::Abandon() noexcept {
  if (!BackToLooking(this)) return;
  HandOver();
  state.store(kEnded, std::memory_order_release);
  phase->SignalChange();
}

// Runs one claimed finalizer. Returns false if the drain has abandoned the
// worker meanwhile.
bool RunOne(Phase* phase, Worker* worker, DrainScope* scope, Node* node) {
  DrainContext context = ContextOf(phase, &worker->current, scope);
  DrainStep step(phase->core, node, &context);
  worker->node = RefTo(node);
  worker->state.store(kInCallback, std::memory_order_release);
  step.Run();
  if (!IsOurs(node)) {  // the callback forked, and this is the child
    DropFrame(node);
    worker->state.store(kEnded, std::memory_order_release);
    return false;
  }
  if (!BackToLooking(worker)) {
    step.FinishAbandoned();
    return false;
  }
  step.Finish();
  worker->HandOver();
  if (!step.pending_again()) return true;
  worker->node = NodeRef();
  worker->state.store(kInCallback, std::memory_order_release);
  step.ReportPendingAgain();
  return BackToLooking(worker);
}

// Returns whether the deadline has passed, so that no further callback of the
// phase may begin.
bool IsLate(Phase* phase) {
  const uint64_t deadline = phase->deadline;
  if (deadline == UINT64_MAX || DrainNanosBefore(deadline) < deadline) {
    return false;
  }
  phase->late.store(true, std::memory_order_release);
  return true;
}

void Work(const std::shared_ptr<Phase>& phase, Worker* worker) {
  worker->task.store(static_cast<int>(syscall(SYS_gettid)),
                     std::memory_order_release);
  DrainScope scope(phase->core, phase->options.cause, WhenAbandoned::kEndDrain,
                   {phase, worker});
  DrainCursor cursor(phase->core, phase->options.cause.IsProcessEnd());
  while (!phase->stop.load(std::memory_order_acquire) && !IsLate(phase.get())) {
    Node* node = cursor.ClaimNext(phase->number);
    if (node == nullptr) break;
    if (!RunOne(phase.get(), worker, &scope, node)) return;
  }
  worker->state.store(kEnded, std::memory_order_release);
  phase->SignalChange();
}

bool AllEnded(const Phase& phase) {
  return std::all_of(
      phase.workers.begin(), phase.workers.end(), [](const Worker& worker) {
        return worker.state.load(std::memory_order_acquire) == kEnded;
      });
}

// Ends the parts of workers whose callbacks have called exit() and sleep there
// permanently. They would do it themselves if they reached an exit handler.
void EndSleepers(Phase* phase) {
  if (!IsAnyInExit()) return;
  FindExitLock();
  for (Worker& worker : phase->workers) {
    const int task = worker.task.load(std::memory_order_acquire);
    if (task != 0 &&
        worker.state.load(std::memory_order_acquire) == kInCallback &&
        SleepsInExit(task)) {
      AbandonFramesOf(task);
    }
  }
}

// Returns false if the deadline comes before the last worker has ended.
bool AwaitWorkers(Phase* phase) {
  // How often to check for calls of exit(), in nanoseconds.
  constexpr uint64_t kCheckInterval = 10000000;
  const bool ends = phase->options.cause.IsProcessEnd();
  for (;;) {
    const uint32_t seen = phase->changed.load(std::memory_order_acquire);
    if (AllEnded(*phase)) return true;
    const uint64_t now = DrainNanos();
    if (now >= phase->deadline) return false;
    uint64_t nap = NapUntil(phase->deadline, now);
    if (ends) {
      EndSleepers(phase);
      nap = std::min(nap, kCheckInterval);
    }
    FutexSleep(phase->change_word(), seen, nap);
  }
}

// Abandons a worker at the deadline. Returns whether it was in a callback.
bool AbandonWorker(Worker* worker) {
  for (;;) {
    uint32_t state = kInCallback;
    if (worker->state.compare_exchange_strong(state, kAbandoned,
                                              std::memory_order_acq_rel)) {
      return true;
    }
    if (state == kEnded) return false;
    std::this_thread::yield();
  }
}

// Reports the finalizer that an abandoned worker still runs, and takes it off
// the registry.
void RecordStillRunning(Core* core, const NodeRef& ref, DrainContext* context) {
  RunningEntry running = {};
  if (!DescribeRunning(core, ref, &running)) {
    running.number = NodeNumber(ref.node);  // it has just ended
  }
  Abandon(core, ref);
  ++context->report->running;
  IgnoringBadAlloc([&] {
    finalize::ReportEntry entry = running.ToEntry(context->options->cause);
    entry.status = absl::DeadlineExceededError("still running");
    AddEntry(context, std::move(entry));
  });
}

size_t WorkersFor(Core* core, const DrainOptions& options) {
  return std::min(static_cast<size_t>(options.threads), CountPending(core));
}

// Starts the workers. If the system has no more threads, there are fewer
// workers. If none can be started, this thread is the worker.
void StartWorkers(const std::shared_ptr<Phase>& phase) {
  size_t started = 0;
  for (; started < phase->workers.size(); ++started) {
    Worker* const worker = &phase->workers[started];
    if (!StartDetached([phase, worker] { Work(phase, worker); })) break;
  }
  for (size_t i = std::max<size_t>(started, 1); i < phase->workers.size();
       ++i) {
    phase->workers[i].state.store(kEnded, std::memory_order_release);
  }
  if (started == 0 && !phase->workers.empty()) Work(phase, &phase->workers[0]);
}

}  // namespace

std::optional<bool> DrainPhaseInParallel(Core* core, int number,
                                         DrainContext* context) {
  std::shared_ptr<Phase> phase;
  try {
    phase = std::make_shared<Phase>(core, number, *context,
                                    WorkersFor(core, *context->options));
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
  StartWorkers(phase);
  const bool in_time =
      AwaitWorkers(phase.get()) && !phase->late.load(std::memory_order_acquire);
  phase->stop.store(true, std::memory_order_release);
  if (!in_time) context->report->deadline_exceeded = true;
  for (Worker& worker : phase->workers) {
    const bool left = AbandonWorker(&worker);
    Absorb(context, std::move(worker.report));
    if (left && worker.node.node != nullptr) {
      RecordStillRunning(core, worker.node, context);
    }
  }
  return in_time;
}

}  // namespace finalize_internal
