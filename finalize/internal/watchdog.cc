#include "finalize/internal/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "finalize/exit_options.h"
#include "finalize/internal/clock.h"
#include "finalize/internal/core.h"
#include "finalize/internal/futex.h"
#include "finalize/internal/slab.h"

namespace finalize_internal {
namespace {

constexpr uint64_t kMargin = 200000000;  // nanoseconds
constexpr int kMostLines = 16;

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

void Write(const char* text) {
  // Nothing better can be done where standard error is closed.
  (void)!write(STDERR_FILENO, text, strlen(text));
}

void WriteReport() {
  static Line lines[kMostLines];  // of the one watchdog that gets here
  int count = 0;
  size_t running = 0;
  size_t left = 0;
  VisitLanes(ProcessCore(), [&](Lane& lane, int) {
    for (Node* n = lane.running; n != nullptr; n = n->older) {
      ++running;
      if (count < kMostLines) Format(n, "is still running", &lines[count++]);
    }
  });
  VisitLanes(ProcessCore(), [&](Lane& lane, int) {
    left += lane.pending;
    for (PhaseList* list = lane.top; list != nullptr; list = list->lower) {
      for (Node* n = list->newest; n != nullptr && count < kMostLines;
           n = n->older) {
        Format(n, "is left", &lines[count++]);
      }
    }
  });
  char total[160];
  snprintf(total, sizeof(total),
           "finalize: the exit drain outlived its deadline: %zu still "
           "running, %zu left; the process ends with status %d\n",
           running, left, finalize::kWatchdogExitCode);
  Write(total);
  for (int i = 0; i < count; ++i) Write(lines[i].text);
}

// Blocks all signals on this thread, so that a thread it starts gets none.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &old_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t old_;
};

}  // namespace

Watchdog::Watchdog(uint64_t deadline) : epoch_(CurrentEpoch()) {
  SignalsBlocked blocked;
  try {
    thread_ = std::thread(&Watchdog::Watch, this, deadline + kMargin);
  } catch (const std::system_error&) {
    Write("finalize: no thread for the watchdog of the exit drain\n");
  }
}

Watchdog::~Watchdog() {
  disarmed_.store(1, std::memory_order_release);
  FutexWake(reinterpret_cast<uint32_t*>(&disarmed_));
  if (!thread_.joinable()) return;
  if (epoch_ == CurrentEpoch()) {
    thread_.join();
  } else {
    thread_.detach();  // it stayed with the parent
  }
}

void Watchdog::Watch(uint64_t limit) {
  while (disarmed_.load(std::memory_order_acquire) == 0) {
    const uint64_t now = NowNanos();
    if (now >= limit) {
      WriteReport();
      _exit(finalize::kWatchdogExitCode);
    }
    FutexSleep(reinterpret_cast<uint32_t*>(&disarmed_), 0, limit - now);
  }
}

}  // namespace finalize_internal
