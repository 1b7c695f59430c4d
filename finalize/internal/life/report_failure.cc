// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/report_failure.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "finalize/internal/base/bracket.h"
#include "finalize/internal/base/escape.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/base/own_frame.h"

namespace finalize_internal {
namespace {

using finalize::ReportEntry;

using SharedReporter = std::shared_ptr<const Reporter>;

// Null for the default reporter. It is never destroyed, so that it can be used
// until the process ends. It is constructed under the lock, for which a fork
// waits, and not under the guard of a function's static object, for which a
// fork does not wait.
SharedReporter& CurrentReporter()
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kReporterLock)) {
  alignas(SharedReporter) static unsigned char storage[sizeof(SharedReporter)];
  static SharedReporter* reporter = nullptr;
  if (reporter == nullptr) reporter = new (storage) SharedReporter;
  return *reporter;
}

// The bracket (bracket.h) of the call of the reporter that this thread is in.
FINALIZE_OWN_FRAME const char** Reporting() {
  static thread_local const char* reporting = nullptr;
  const char** bracket = &reporting;
  asm volatile("" : "+r"(bracket));
  return bracket;
}

// A write to a pipe without a reader would end the process in the middle of a
// drain. So SIGPIPE is blocked on this thread, and consumed if the write raised
// it.
class BrokenPipeIgnored {
 public:
  BrokenPipeIgnored() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &old_);
  }
  ~BrokenPipeIgnored() {
    const timespec at_once = {0, 0};
    if (!was_pending_) {
      while (sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &old_, nullptr);
  }
  BrokenPipeIgnored(const BrokenPipeIgnored&) = delete;
  BrokenPipeIgnored& operator=(const BrokenPipeIgnored&) = delete;

 private:
  sigset_t pipe_;
  sigset_t old_;
  bool was_pending_;
};

void WriteError(std::string_view line) {
  BrokenPipeIgnored broken_pipe_ignored;
  // If standard error is closed, the report is lost.
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

// Writes what can be said without memory.
void WriteBrief(const ReportEntry& entry) {
  const EscapedName<160> file(entry.place.file != nullptr ? entry.place.file
                                                          : "");
  char line[256];
  const int size = snprintf(line, sizeof(line),
                            "finalize: #%llu phase %d %s:%d: out of memory\n",
                            static_cast<unsigned long long>(entry.number),
                            entry.phase, file.text, entry.place.line);
  WriteError({line, std::min<size_t>(size, sizeof(line) - 1)});
}

void WriteDefault(const ReportEntry& entry) {
  std::string line;
  IgnoringBadAlloc([&] { line = "finalize: " + entry.ToString() + "\n"; });
  line.empty() ? WriteBrief(entry) : WriteError(line);
}

}  // namespace

std::shared_ptr<const Reporter> ExchangeReporter(
    std::shared_ptr<const Reporter> reporter) {
  LockHolder lock(LockAt(kReporterLock));
  std::swap(CurrentReporter(), reporter);
  return reporter;
}

void ReportFailure(const ReportEntry& entry) noexcept {
  const char* const frame = static_cast<char*>(__builtin_frame_address(0));
  SharedReporter reporter;
  if (!CanHold(*Reporting(), frame)) {
    LockHolder lock(LockAt(kReporterLock));
    reporter = CurrentReporter();
  }
  if (reporter == nullptr) {
    WriteDefault(entry);
    return;
  }
  BracketScope scope(&Reporting, frame);
  try {
    reporter->Report(entry);
  } catch (...) {
    WriteDefault(entry);
  }
}

}  // namespace finalize_internal
