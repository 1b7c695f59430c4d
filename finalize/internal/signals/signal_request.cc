// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/signals/signal_request.h"

#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>

#include "finalize/internal/base/futex.h"
#include "finalize/internal/copies/copies.h"
#include "finalize/internal/signals/exit_hook_settings.h"

namespace finalize_internal {
namespace {

// The thread that received the signal which made the request, and the signal's
// information, if this copy received it. Valid once `complete` is true.
pid_t request_thread = 0;
siginfo_t request_info;
std::atomic<bool> complete{false};

pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

bool IsRepeat(const void* context, uint64_t now_nanos, uint64_t grace_nanos) {
  if (IsPassedOn(context)) return true;
  if (grace_nanos == 0) return false;
  const uint64_t first =
      TheRequest().first_nanos.load(std::memory_order_acquire);
  return first == 0 || now_nanos < first || now_nanos - first < grace_nanos;
}

bool Send(pid_t thread, int signal) {
  return syscall(SYS_tgkill, getpid(), thread, signal) == 0;
}

}  // namespace

Arrival Accept(int signal, const siginfo_t& info, const void* context,
               uint64_t now_nanos, uint64_t grace_nanos) {
  StopRequest& request = TheRequest();
  uint32_t none = 0;
  if (!request.claimed.compare_exchange_strong(
          none, static_cast<uint32_t>(signal), std::memory_order_acq_rel)) {
    return IsRepeat(context, now_nanos, grace_nanos) ? Arrival::kRepeat
                                                     : Arrival::kNow;
  }
  request.first_nanos.store(now_nanos, std::memory_order_release);
  request_thread = ThisThread();
  memcpy(&request_info, &info, sizeof(info));
  complete.store(true, std::memory_order_release);
  return Arrival::kFirst;
}

// A later frame may have the same address if the handler has jumped away. So
// the frame is marked by its link, which points to the frame itself meanwhile:
// in a new frame the kernel sets the link to null.
void EnterOwnHandler(void* context) {
  auto* const frame = static_cast<ucontext_t*>(context);
  StopRequest& request = TheRequest();
  request.frame.store(reinterpret_cast<uintptr_t>(frame),
                      std::memory_order_relaxed);
  request.handling.store(static_cast<uint32_t>(ThisThread()),
                         std::memory_order_relaxed);
  if (frame != nullptr) frame->uc_link = frame;
}

void LeaveOwnHandler(void* context) {
  auto* const frame = static_cast<ucontext_t*>(context);
  if (frame != nullptr) frame->uc_link = nullptr;
  TheRequest().handling.store(0, std::memory_order_relaxed);
}

bool IsPassedOn(const void* context) {
  const auto* const frame = static_cast<const ucontext_t*>(context);
  const StopRequest& request = TheRequest();
  return request.handling.load(std::memory_order_relaxed) ==
             static_cast<uint32_t>(ThisThread()) &&
         request.frame.load(std::memory_order_relaxed) ==
             reinterpret_cast<uintptr_t>(frame) &&
         (frame == nullptr || frame->uc_link == frame);
}

void PostRequest(int signal) { Post(signal); }

int PostedSignal() {
  if (!HooksAreOurs()) return 0;
  const uint32_t word = TheRequest().posted.load(std::memory_order_acquire);
  return static_cast<int>(word & kPostedSignalMask);
}

int PostedToDrain() {
  const int signal = PostedSignal();
  return signal != 0 && !AnyCopyHasLoop() ? signal : 0;
}

int AwaitPosted() {
  std::atomic<uint32_t>& posted = TheRequest().posted;
  for (;;) {
    const uint32_t word = posted.load(std::memory_order_acquire);
    const bool own_end =
        (word & kDirect) != 0 && word >> kOwnerShift == OwnNumber();
    if (word != 0 && !own_end) {
      return static_cast<int>(word & kPostedSignalMask);
    }
    FutexSleep(reinterpret_cast<uint32_t*>(&posted), word, UINT64_MAX);
  }
}

void ResetRequest() {
  complete.store(false, std::memory_order_relaxed);
  ResetOwnRequest();
}

bool CopyRequestInfo(int signal, siginfo_t* info) {
  if (TheRequest().claimed.load(std::memory_order_acquire) !=
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
