// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/watchdog_report.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/base/escape.h"
#include "finalize/internal/life/observed_run.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/slab.h"
#include "finalize/process_end.h"

namespace finalize_internal {
namespace {

using finalize::Cause;

constexpr uint64_t kSecond = 1000000000;
// How long a report may wait for locks, and how long for standard error.
constexpr uint64_t kReportTimeout = kSecond / 2;
constexpr int kMaxLines = 16;
constexpr char kEnds[] = "ends with status 124";
static_assert(finalize::kWatchdogExitCode == 124);

// One line on a finalizer. Copied under the lane's lock, written without.
struct Line {
  char text[512];
};

// `what` is what the line says of the finalizer.
void Format(Node* node, const char* what, Line* line) {
  const finalize::Place place = node->place();
  const EscapedName<128> file(place.file != nullptr ? place.file : "?");
  const EscapedName<256> name(node->name());
  snprintf(line->text, sizeof(line->text),
           "finalize: #%llu phase %d %s:%d \"%s\" %s\n",
           static_cast<unsigned long long>(NodeNumber(node)), node->phase,
           file.text, place.line, name.text, what);
}

double Seconds(uint64_t nanos) {
  return static_cast<double>(nanos) / static_cast<double>(kSecond);
}

// "has run for 7.9 s", or "is running" if its start was not recorded.
struct RunTime {
  explicit RunTime(const Node* node) {
    const uint64_t start = RunStartOf(node);
    const uint64_t now = DrainNanos();
    if (start == 0 || start > now) return;
    snprintf(text, sizeof(text), "has run for %.1f s", Seconds(now - start));
  }

  char text[48] = "is running";
};

void Nap() {
  const timespec pause = {0, 1000000};
  nanosleep(&pause, nullptr);
}

// Calls visit(lane) for each lane of `core` whose lock is available before
// `limit`. A thread that hangs in a fork hook of the program holds them all.
// Returns true if it was every lane.
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

// Writes, unless no reader makes room before `limit`.
void Write(const char* text, uint64_t limit) {
  for (;;) {
    const uint64_t now = NowNanos();
    if (now >= limit) return;
    pollfd error = {STDERR_FILENO, POLLOUT, 0};
    const int ready =
        poll(&error, 1, static_cast<int>((limit - now) / (kSecond / 1000)) + 1);
    if (ready > 0) break;
  }
  // Nothing better can be done if standard error is closed.
  (void)!write(STDERR_FILENO, text, strlen(text));
}

// Calls visit(core) for each registry of this process.
template <class Visit>
void VisitOwnCores(Visit visit) {
  VisitCores(CoreCount(), [&](Core* core) {
    if (core->epoch.load(std::memory_order_acquire) == CurrentEpoch()) {
      visit(core);
    }
  });
}

// What the drain hangs in and what it has not reached: everything that is
// running, and what is pending in the process registry and in those that it
// drains.
class Rest {
 public:
  // Calls line(node) -> text for the line of each callback that is running.
  template <class Text>
  void FindRunning(uint64_t limit, Text text) {
    VisitOwnCores([&](Core* core) {
      complete_ &= VisitReachable(core, limit, [&](Lane& lane) {
        for (Node* n = lane.running; n != nullptr; n = n->older) {
          ++running_;
          Add(n, text(n));
        }
      });
    });
  }

  // Counts what is left, and adds a line for each that says `what`, if given.
  void FindLeft(uint64_t limit, const char* what) {
    VisitOwnCores([&](Core* core) {
      const bool drained = core->drains.load(std::memory_order_acquire) != 0;
      if (core != ProcessCore() && !drained) return;
      complete_ &= VisitReachable(core, limit, [&](Lane& lane) {
        left_ += lane.pending;
        if (what != nullptr) AddPending(lane, what);
      });
    });
  }

  void WriteLines(uint64_t limit) const {
    for (int i = 0; i < count_; ++i) Write(lines_[i].text, limit);
  }

  // Writes how many of `found` have no line.
  void WriteUnnamed(size_t found, uint64_t limit) const {
    const size_t named = static_cast<size_t>(count_);
    if (found <= named) return;
    char text[64];
    snprintf(text, sizeof(text), "finalize: and %zu more\n", found - named);
    Write(text, limit);
  }

  size_t running() const { return running_; }
  size_t left() const { return left_; }
  // Whether every lane was available.
  bool complete() const { return complete_; }

 private:
  struct Text {
    const char* text;
    Text(const char* what) : text(what) {}
    Text(const RunTime& time) : text(time.text) {}
  };

  void Add(Node* node, const Text& what) {
    if (count_ < kMaxLines) Format(node, what.text, &lines_[count_++]);
  }

  void AddPending(Lane& lane, const char* what) {
    for (PhaseList* list = lane.Top(); list != nullptr; list = list->lower) {
      for (Node* n = list->newest; n != nullptr && count_ < kMaxLines;
           n = n->older) {
        Add(n, what);
      }
    }
  }

  Line lines_[kMaxLines] = {};
  int count_ = 0;
  size_t running_ = 0;
  size_t left_ = 0;
  bool complete_ = true;
};

}  // namespace

void WriteLine(const char* text) { Write(text, NowNanos() + kReportTimeout); }

void WriteNotice(const Cause& cause, uint64_t start, uint64_t end) {
  Rest rest;
  const uint64_t lock_limit = NowNanos() + kReportTimeout;
  rest.FindRunning(lock_limit, [](Node* node) { return RunTime(node); });
  rest.FindLeft(lock_limit, nullptr);
  const uint64_t now = NowNanos();
  const uint64_t write_limit = now + kReportTimeout;
  rest.WriteLines(write_limit);
  rest.WriteUnnamed(rest.running(), write_limit);
  char total[256];
  snprintf(total, sizeof(total),
           "finalize: the %s drain has taken %.1f s: %zu running, %zu left; "
           "the process ends within %.1f s\n",
           cause.ToString(), Seconds(now - start), rest.running(), rest.left(),
           Seconds(end > now ? end - now : 0));
  Write(total, write_limit);
}

void WritePassedOver(const Cause& cause) {
  Rest rest;
  rest.FindRunning(NowNanos() + kReportTimeout,
                   [](Node* node) { return RunTime(node); });
  const uint64_t write_limit = NowNanos() + kReportTimeout;
  rest.WriteLines(write_limit);
  rest.WriteUnnamed(rest.running(), write_limit);
  char total[256];
  snprintf(total, sizeof(total),
           "finalize: the %s drain has used up its time: temp dirs are removed "
           "without waiting for it\n",
           cause.ToString());
  Write(total, write_limit);
}

void WriteEndReport(const Cause& cause) {
  Rest rest;
  const uint64_t lock_limit = NowNanos() + kReportTimeout;
  rest.FindRunning(lock_limit, [](Node*) { return "is still running"; });
  rest.FindLeft(lock_limit, "is left");
  char total[256];
  snprintf(total, sizeof(total),
           "finalize: the %s drain outlived its deadline: %zu still running, "
           "%zu left%s; the process %s\n",
           cause.ToString(), rest.running(), rest.left(),
           rest.complete() ? ""
                           : ", not counting what is locked by a thread that "
                             "hangs",
           cause.kind == Cause::Kind::kTerminate ? "aborts" : kEnds);
  const uint64_t write_limit = NowNanos() + kReportTimeout;
  Write(total, write_limit);
  rest.WriteLines(write_limit);
  rest.WriteUnnamed(rest.running() + rest.left(), write_limit);
}

}  // namespace finalize_internal
