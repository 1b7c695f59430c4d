#include "finalize/internal/terminate_hook.h"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <new>
#include <utility>

#include "finalize/cause.h"
#include "finalize/internal/hook_owner.h"
#include "finalize/internal/process_end.h"

namespace finalize_internal {
namespace {

std::atomic<std::terminate_handler> previous{nullptr};

// What nobody caught, on the thread that comes first. Never destroyed.
alignas(std::exception_ptr) unsigned char storage[sizeof(std::exception_ptr)];
std::atomic<std::exception_ptr*> original{nullptr};
std::atomic<bool> noted{false};

// Whether this thread is in the previous handler: which must not throw.
thread_local bool ending = false;

void NoteOriginal() {
  if (noted.exchange(true, std::memory_order_acq_rel)) return;
  original.store(new (storage) std::exception_ptr(std::current_exception()),
                 std::memory_order_release);
}

void OnTerminate() {
  if (!ending && Settings().terminate) {
    NoteOriginal();
    DrainProcess(finalize::Cause::kTerminate, Settings().deadline);
  }
  EndByTerminate();
}

[[noreturn]] void CallPrevious() {
  if (auto* handler = previous.load(std::memory_order_acquire)) handler();
  std::abort();
}

}  // namespace

void InstallTerminateHook() {
  if (previous.load(std::memory_order_relaxed) != nullptr) return;
  previous.store(std::get_terminate(), std::memory_order_release);
  std::set_terminate(&OnTerminate);
}

void EndByTerminate() noexcept {
  if (std::exchange(ending, true)) std::abort();
  std::exception_ptr* const first = original.load(std::memory_order_acquire);
  if (first == nullptr || *first == nullptr ||
      *first == std::current_exception()) {
    CallPrevious();
  }
  try {
    std::rethrow_exception(*first);
  } catch (...) {
    CallPrevious();
  }
}

}  // namespace finalize_internal
