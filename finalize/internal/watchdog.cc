#include "finalize/internal/watchdog.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <exception>
#include <thread>

#include "finalize/exit_options.h"
#include "finalize/internal/clock.h"
#include "finalize/internal/core.h"
#include "finalize/internal/futex.h"
#include "finalize/internal/signals_blocked.h"
#include "finalize/internal/slab.h"
#include "finalize/internal/terminate_hook.h"

namespace finalize_internal {
namespace {

using finalize::Cause;

constexpr uint64_t kSecond = 1000000000;
constexpr uint64_t kMargin = kSecond;
// How long the report may wait for locks, and how long for standard error.
constexpr uint64_t kPatience = kSecond / 2;
constexpr int kMostLines = 16;
constexpr char kEnds[] = "ends with status 124";
static_assert(finalize::kWatchdogExitCode == 124);

// Grows when a watchdog is armed and when one is disarmed. The thread of the
// one whose turn it is waits on it.
std::atomic<uint32_t> turn{0};

uint32_t NextTurn() {
  const uint32_t next = turn.fetch_add(1, std::memory_order_acq_rel) + 1;
  FutexWake(reinterpret_cast<uint32_t*>(&turn));
  return next;
}

// One line on a finalizer. Copied under the lane's lock, written without.
struct Line {
  char text[512];
};

void Format(Node* node, const char* state, Line* line) {
  const finalize::Place place = node->place();
  const std::string_view name = node->name();
  snprintf(line->text, sizeof(line->text),
           "finalize: #%llu phase %d %s:%d \"%.*s\" %s\n",
           static_cast<unsigned long long>(NodeNumber(node)), node->phase,
           place.file != nullptr ? place.file : "?", place.line,
           static_cast<int>(name.size()), name.data(), state);
}

void Nap() {
  const timespec pause = {0, 1000000};
  nanosleep(&pause, nullptr);
}

// Calls visit(lane) for each lane of `core` whose lock can be had before
// `limit`. A thread that hangs in somebody's fork hook holds them all. Returns
// whether it was every lane.
template <class Visit>
bool VisitReachable(Core* core, uint64_t limit,
                    Visit visit) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  bool all = true;
  for (uint64_t used = core->UsedLanes(); used != 0; used &= used - 1) {
    const int index = __builtin_ctzll(used);
    bool held = LockAt(index).TryAcquire();
    for (; !held && NowNanos() < limit; held = LockAt(index).TryAcquire()) {
      Nap();
    }
    all &= held;
    if (!held) continue;
    visit(core->LaneAt(index));
    LockAt(index).Release();
  }
  return all;
}

// Writes unless nobody makes room before `limit`.
void Write(const char* text, uint64_t limit) {
  for (;;) {
    const uint64_t now = NowNanos();
    if (now >= limit) return;
    pollfd error = {STDERR_FILENO, POLLOUT, 0};
    const int ready =
        poll(&error, 1, static_cast<int>((limit - now) / (kSecond / 1000)) + 1);
    if (ready > 0) break;
  }
  // Nothing better can be done where standard error is closed.
  (void)!write(STDERR_FILENO, text, strlen(text));
}

// What the drain hangs in and what it did not come to: all that runs, and what
// is pending in the process registry and in those that it drains.
struct Rest {
  Line lines[kMostLines] = {};
  int count = 0;
  size_t running = 0;
  size_t left = 0;
  bool complete = true;  // no lane was out of reach

  void Add(Node* node, const char* state) {
    if (count < kMostLines) Format(node, state, &lines[count++]);
  }
};

// Calls visit(core) for each registry of this process.
template <class Visit>
void VisitOwnCores(Visit visit) {
  VisitCores(CoreCount(), [&](Core* core) {
    if (core->epoch.load(std::memory_order_acquire) == CurrentEpoch()) {
      visit(core);
    }
  });
}

void FindRunning(uint64_t limit, Rest* rest) {
  VisitOwnCores([&](Core* core) {
    rest->complete &= VisitReachable(core, limit, [&](Lane& lane) {
      for (Node* n = lane.running; n != nullptr; n = n->older) {
        ++rest->running;
        rest->Add(n, "is still running");
      }
    });
  });
}

void FindLeft(uint64_t limit, Rest* rest) {
  VisitOwnCores([&](Core* core) {
    const bool drained = core->drains.load(std::memory_order_acquire) != 0;
    if (core != ProcessCore() && !drained) return;
    rest->complete &= VisitReachable(core, limit, [&](Lane& lane) {
      rest->left += lane.pending;
      for (PhaseList* list = lane.Top(); list != nullptr; list = list->lower) {
        for (Node* n = list->newest; n != nullptr && rest->count < kMostLines;
             n = n->older) {
          rest->Add(n, "is left");
        }
      }
    });
  });
}

void WriteReport(const Cause& cause) {
  static Rest rest;  // of the one watchdog that gets here
  const uint64_t lock_limit = NowNanos() + kPatience;
  FindRunning(lock_limit, &rest);
  FindLeft(lock_limit, &rest);
  char total[256];
  snprintf(total, sizeof(total),
           "finalize: the %s drain outlived its deadline: %zu still running, "
           "%zu left%s; the process %s\n",
           cause.ToString(), rest.running, rest.left,
           rest.complete ? ""
                         : ", not counting what is locked by a thread that "
                           "hangs",
           cause.kind == Cause::kTerminate ? "aborts" : kEnds);
  const uint64_t write_limit = NowNanos() + kPatience;
  Write(total, write_limit);
  for (int i = 0; i < rest.count; ++i) Write(rest.lines[i].text, write_limit);
  const size_t named = static_cast<size_t>(rest.count);
  if (rest.running + rest.left <= named) return;
  snprintf(total, sizeof(total), "finalize: and %zu more\n",
           rest.running + rest.left - named);
  Write(total, write_limit);
}

// std::terminate() keeps its message and its abort(), unless they hang as well.
[[noreturn]] void End(const Cause& cause) {
  if (cause.kind == Cause::kTerminate) {
    try {
      std::thread(EndByTerminate).detach();
      const timespec patience = {0, static_cast<long>(kPatience)};
      nanosleep(&patience, nullptr);
    } catch (const std::exception&) {
    }
  }
  _exit(finalize::kWatchdogExitCode);
}

void Watch(uint32_t own_turn, uint64_t limit, Cause cause) {
  while (turn.load(std::memory_order_acquire) == own_turn) {
    const uint64_t now = NowNanos();
    if (now >= limit) {
      WriteReport(cause);
      End(cause);
    }
    FutexSleep(reinterpret_cast<uint32_t*>(&turn), own_turn, limit - now);
  }
}

}  // namespace

Watchdog::Watchdog(uint64_t deadline, const Cause& cause) {
  const uint32_t own_turn = NextTurn();
  SignalsBlocked blocked;
  try {
    std::thread(Watch, own_turn, deadline + kMargin, cause).detach();
  } catch (const std::exception&) {
    Write("finalize: no thread for the watchdog of the drain\n",
          NowNanos() + kPatience);
  }
}

Watchdog::~Watchdog() { NextTurn(); }

}  // namespace finalize_internal
