#include "finalize/internal/signal_request.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>

#include "finalize/internal/futex.h"
#include "finalize/internal/hook_owner.h"

namespace finalize_internal {
namespace {

// The signal that made the request, and the one that the thread may serve. 0
// for none.
std::atomic<uint32_t> accepted{0};
std::atomic<uint32_t> posted{0};
// When it came; 0 until that is known. What comes before is a repeat.
std::atomic<uint64_t> accepted_nanos{0};

// The thread it came to, and its information: complete once `complete` is
// true.
pid_t request_thread = 0;
siginfo_t request_info;
std::atomic<bool> complete{false};

uint32_t* PostedWord() { return reinterpret_cast<uint32_t*>(&posted); }

pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

bool IsRepeat(uint64_t now_nanos, uint64_t grace_nanos) {
  if (grace_nanos == 0) return false;
  const uint64_t first = accepted_nanos.load(std::memory_order_acquire);
  return first == 0 || now_nanos < first || now_nanos - first < grace_nanos;
}

bool Send(pid_t thread, int signal) {
  return syscall(SYS_tgkill, getpid(), thread, signal) == 0;
}

}  // namespace

Arrival Accept(int signal, const siginfo_t& info, uint64_t now_nanos,
               uint64_t grace_nanos) {
  uint32_t none = 0;
  if (!accepted.compare_exchange_strong(none, static_cast<uint32_t>(signal),
                                        std::memory_order_acq_rel)) {
    return IsRepeat(now_nanos, grace_nanos) ? Arrival::kRepeat : Arrival::kNow;
  }
  accepted_nanos.store(now_nanos, std::memory_order_release);
  request_thread = ThisThread();
  memcpy(&request_info, &info, sizeof(info));
  complete.store(true, std::memory_order_release);
  return Arrival::kFirst;
}

void PostRequest(int signal) {
  posted.store(static_cast<uint32_t>(signal), std::memory_order_release);
  FutexWake(PostedWord());
}

int PostedSignal() {
  return HooksAreOurs()
             ? static_cast<int>(posted.load(std::memory_order_acquire))
             : 0;
}

int AwaitPosted() {
  for (;;) {
    const uint32_t signal = posted.load(std::memory_order_acquire);
    if (signal != 0) return static_cast<int>(signal);
    FutexSleep(PostedWord(), 0, UINT64_MAX);
  }
}

void ResetRequest() {
  accepted.store(0, std::memory_order_relaxed);
  accepted_nanos.store(0, std::memory_order_relaxed);
  complete.store(false, std::memory_order_relaxed);
  posted.store(0, std::memory_order_release);
}

bool CopyRequestInfo(int signal, siginfo_t* info) {
  if (accepted.load(std::memory_order_acquire) !=
          static_cast<uint32_t>(signal) ||
      !complete.load(std::memory_order_acquire)) {
    return false;
  }
  memcpy(info, &request_info, sizeof(*info));
  return true;
}

void SendAgain(int signal) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  siginfo_t info;
  if (CopyRequestInfo(signal, &info) && Send(request_thread, signal)) return;
  Send(ThisThread(), signal);
}

}  // namespace finalize_internal
