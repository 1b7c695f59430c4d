// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/copies/end_guard.h"

#include <linux/futex.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "finalize/internal/base/futex.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/system/exit_lock.h"
#include "finalize/internal/system/raw_calls.h"
#include "finalize/internal/system/raw_text.h"
#include "finalize/internal/system/raw_thread.h"
#include "finalize/process_end.h"

namespace finalize_internal {
namespace {

using finalize::Cause;

constexpr uint64_t kSecond = 1000000000;
// How long after its deadline a running watchdog acts at the latest: it waits
// for locks, for standard error, and for std::terminate().
constexpr uint64_t kReportTime = 2 * kSecond;
// How long to wait for a reader of standard error.
constexpr long kWriteTimeoutMillis = 500;
constexpr size_t kNamed = 4;
static_assert(finalize::kWatchdogExitCode == 124);

// Plain words, accessed by atomic builtins: a sanitizer would instrument
// std::atomic.
struct Guard {
  uint32_t epoch;  // of the process whose thread it is
  uint32_t turn;   // grows with every change
  uint32_t duty;
  uint64_t limit;
  const char* cause;
  const char* what;         // of kWholeEnd
  uint32_t watchdog;        // whether one runs
  uint32_t blocked;         // how many threads
  uint32_t blocked_in;      // the epoch in which that holds
  int32_t threads[kNamed];  // the first of them
  int32_t ender;            // the thread that ends the process
  uint32_t stops;           // the thread is to end
  uint32_t alive;           // cleared by the kernel
};
Guard guard;
alignas(64) char stack[16 * 1024];

template <class T>
FINALIZE_RAW T Load(const T& from) {
  return __atomic_load_n(&from, __ATOMIC_ACQUIRE);
}
template <class T>
FINALIZE_RAW void Store(T& to, T value) {
  __atomic_store_n(&to, value, __ATOMIC_RELEASE);
}

FINALIZE_RAW uint64_t Now() {
  timespec now = {};
  RawCall(SYS_clock_gettime, CLOCK_MONOTONIC, RawArgument(&now));
  return static_cast<uint64_t>(now.tv_sec) * kSecond +
         static_cast<uint64_t>(now.tv_nsec);
}

FINALIZE_RAW void Sleep(uint32_t turn, uint64_t nanos) {
  const timespec limit = {static_cast<time_t>(nanos / kSecond),
                          static_cast<long>(nanos % kSecond)};
  RawCall(SYS_futex, RawArgument(&guard.turn), FUTEX_WAIT_PRIVATE,
          static_cast<long>(turn), RawArgument(&limit));
}

FINALIZE_RAW void Write(const char* text, size_t size) {
  pollfd error = {STDERR_FILENO, POLLOUT, 0};
  const timespec patience = {0, kWriteTimeoutMillis * 1000000};
  const long ready =
      RawCall(SYS_ppoll, RawArgument(&error), 1, RawArgument(&patience), 0, 0);
  if (ready > 0) {
    RawCall(SYS_write, STDERR_FILENO, RawArgument(text),
            static_cast<long>(size));
  }
}

using Line = RawText<400>;

// Appends: thread 12 "name".
FINALIZE_RAW void AddThread(int thread, Line* line) {
  RawText<64> path;
  path.Add("/proc/self/task/");
  path.AddNumber(static_cast<uint64_t>(thread));
  path.Add("/comm");
  line->Add("thread ");
  line->AddNumber(static_cast<uint64_t>(thread));
  RawText<32> name;
  if (!name.Read(path.c_str())) return;
  line->Add(" \"");
  line->AddPrintable(name.c_str());
  line->Add("\"");
}

// The directory of the threads, read entry by entry.
class Threads {
 public:
  FINALIZE_UNSANITIZED Threads() {
    directory_ = RawCall(SYS_openat, AT_FDCWD, RawArgument("/proc/self/task"),
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  FINALIZE_UNSANITIZED ~Threads() {
    if (directory_ >= 0) RawCall(SYS_close, directory_);
  }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  // Returns the id of the next thread; 0 at the end.
  FINALIZE_UNSANITIZED int Next() {
    for (;;) {
      if (at_ >= size_) {
        if (directory_ < 0) return 0;
        size_ = RawCall(SYS_getdents64, directory_, RawArgument(entries_),
                        sizeof(entries_));
        at_ = 0;
        if (size_ <= 0) return 0;
      }
      // struct linux_dirent64: inode, offset, length, type, name.
      const char* const entry = entries_ + at_;
      at_ += static_cast<unsigned char>(entry[16]) |
             static_cast<unsigned char>(entry[17]) << 8;
      const char* name = entry + 19;
      uint64_t id = 0;
      if (RawParse(&name, 10, &id)) return static_cast<int>(id);
    }
  }

 private:
  long directory_;
  long size_ = 0;
  long at_ = 0;
  char entries_[2048];
};

// Returns a thread that sleeps in exit() behind the one that ends the process;
// 0 if there is none.
FINALIZE_RAW int FindSleeper() {
  Threads threads;
  for (int thread = threads.Next(); thread != 0; thread = threads.Next()) {
    if (SleepsInExit(thread)) return thread;
  }
  return 0;
}

// Gets the number of the system call that a thread is in. Returns false if it
// is in none.
FINALIZE_RAW bool CallOf(int thread, uint64_t* number) {
  RawText<64> path;
  path.Add("/proc/self/task/");
  path.AddNumber(static_cast<uint64_t>(thread));
  path.Add("/syscall");
  RawText<128> text;
  if (!text.Read(path.c_str())) return false;
  const char* at = text.c_str();
  return RawParse(&at, 10, number);
}

FINALIZE_RAW void End(Line* line) {
  line->Add("; the process ends with status 124\n");
  Write(line->c_str(), line->size());
  for (;;) RawCall(SYS_exit_group, finalize::kWatchdogExitCode);
}

FINALIZE_RAW void EndDrain() {
  Line line;
  line.Add("finalize: the ");
  line.Add(Load(guard.cause));
  line.Add(" drain outlived its deadline, and its watchdog did not ");
  line.Add(Load(guard.watchdog) != 0 ? "come to an end" : "start");
  End(&line);
}

// Returns how many threads of this process are blocked.
FINALIZE_RAW uint32_t Blocked() {
  return Load(guard.blocked_in) == Load(guard.epoch) ? Load(guard.blocked) : 0;
}

// Prints which thread does what after the drain, and ends the process.
FINALIZE_RAW void EndBehindDrain(int sleeper) {
  Line line;
  line.Add("finalize: ");
  if (Load(guard.what) != nullptr) {
    line.Add(Load(guard.what));
  } else {
    line.Add("the process hangs after its ");
    line.Add(Load(guard.cause));
    line.Add(" drain");
  }
  const int ender = Load(guard.ender);
  if (ender != 0) {
    line.Add(": ");
    AddThread(ender, &line);
    line.Add(" runs exit handlers and static destructors");
    uint64_t call = 0;
    if (CallOf(ender, &call)) {
      line.Add(", in system call ");
      line.AddNumber(call);
    }
  }
  const uint32_t blocked = Blocked();
  for (uint32_t i = 0; i < blocked && i < kNamed; ++i) {
    const int thread = Load(guard.threads[i]);
    if (thread == 0) continue;
    line.Add(", ");
    AddThread(thread, &line);
    line.Add(" waits in exit()");
  }
  if (sleeper != 0) {
    line.Add(", ");
    AddThread(sleeper, &line);
    line.Add(" sleeps in exit()");
  }
  End(&line);
}

// What the guard does at its limit. Returns if it has to look again later.
FINALIZE_RAW void Act(uint64_t now) {
  switch (static_cast<GuardDuty>(Load(guard.duty))) {
    case GuardDuty::kNone:
      break;
    case GuardDuty::kDrain:
      if (Load(guard.watchdog) == 0 || now >= Load(guard.limit) + kReportTime) {
        EndDrain();
      }
      break;
    case GuardDuty::kBehindDrain: {
      const int sleeper = FindSleeper();
      if (sleeper != 0 || Blocked() != 0) EndBehindDrain(sleeper);
      break;
    }
    case GuardDuty::kWholeEnd:
      if (Load(guard.watchdog) == 0 || now >= Load(guard.limit) + kReportTime) {
        EndBehindDrain(FindSleeper());
      }
      break;
  }
}

FINALIZE_RAW void Run() {
  while (Load(guard.stops) == 0) {
    const uint32_t turn = Load(guard.turn);
    const uint64_t limit = Load(guard.limit);
    const uint64_t now = Now();
    if (now >= limit) Act(now);
    Sleep(turn, now < limit ? limit - now : kSecond / 4);
  }
  EndRawThread();
}

void NextTurn() {
  __atomic_add_fetch(&guard.turn, 1, __ATOMIC_ACQ_REL);
  FutexWake(&guard.turn);
}

// Makes the guard this process's. Returns true to one thread only.
bool Claim() {
  uint32_t seen = Load(guard.epoch);
  const uint32_t epoch = CurrentEpoch();
  return seen != epoch &&
         __atomic_compare_exchange_n(&guard.epoch, &seen, epoch, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

bool IsOurs() { return Load(guard.epoch) == CurrentEpoch(); }

int ThisThreadId() { return static_cast<int>(RawCall(SYS_gettid)); }

}  // namespace

bool ArmGuard(uint64_t limit, const Cause& cause) {
  const bool starts = Claim();
  const auto whole = static_cast<uint32_t>(GuardDuty::kWholeEnd);
  Store(guard.limit, limit);
  Store(guard.cause, cause.ToString());
  if (starts || Load(guard.duty) != whole) {
    Store(guard.duty, static_cast<uint32_t>(GuardDuty::kDrain));
  }
  Store(guard.ender, ThisThreadId());
  if (!starts) {
    NextTurn();
    return true;
  }
  Store<const char*>(guard.what, nullptr);
  Store(guard.watchdog, 0u);
  Store(guard.stops, 0u);
  return StartRawThread(&Run, stack + sizeof(stack), &guard.alive);
}

void GuardBehindDrain(uint64_t limit) {
  if (!IsOurs()) return;
  if (limit > Load(guard.limit)) Store(guard.limit, limit);
  FindExitLock();
  uint32_t drain = static_cast<uint32_t>(GuardDuty::kDrain);
  __atomic_compare_exchange_n(&guard.duty, &drain,
                              static_cast<uint32_t>(GuardDuty::kBehindDrain),
                              false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  Store(guard.ender, ThisThreadId());
}

void ExtendGuard(uint64_t limit) {
  if (IsOurs() && limit > Load(guard.limit)) Store(guard.limit, limit);
}

void GuardWholeEnd(const char* what) {
  if (!IsOurs()) return;
  Store(guard.what, what);
  Store(guard.duty, static_cast<uint32_t>(GuardDuty::kWholeEnd));
}

void NoteWatchdog(bool runs) {
  if (IsOurs()) Store(guard.watchdog, runs ? 1u : 0u);
}

void NoteBlockedThread() {
  const uint32_t epoch = CurrentEpoch();
  uint32_t seen = Load(guard.blocked_in);
  if (seen != epoch &&
      __atomic_compare_exchange_n(&guard.blocked_in, &seen, epoch, false,
                                  __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
    Store(guard.blocked, 0u);  // the parent's
  }
  const uint32_t index =
      __atomic_fetch_add(&guard.blocked, 1, __ATOMIC_ACQ_REL);
  if (index < kNamed) Store(guard.threads[index], ThisThreadId());
}

void StopGuard() {
  if (!IsOurs()) return;
  Store(guard.stops, 1u);
  NextTurn();
  for (uint32_t seen = Load(guard.alive); seen != 0; seen = Load(guard.alive)) {
    RawCall(SYS_futex, RawArgument(&guard.alive), FUTEX_WAIT,
            static_cast<long>(seen), 0);
  }
}

}  // namespace finalize_internal
