// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/terminate_end.h"

#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

#include "finalize/internal/base/own_frame.h"

namespace finalize_internal {
namespace {

// The handler that ours was installed over last, and the one that it was
// installed over first: the former may call ours, which then calls the latter.
std::atomic<std::terminate_handler> previous{nullptr};
std::atomic<std::terminate_handler> first_previous{nullptr};

// The exception that no code caught, on the thread that comes first. Never
// destroyed.
alignas(std::exception_ptr) unsigned char storage[sizeof(std::exception_ptr)];
std::atomic<std::exception_ptr*> original{nullptr};
std::atomic<bool> noted{false};

// Whether this thread is in the previous handler, which must not throw.
thread_local bool ending = false;
// Whether that handler has called ours.
thread_local bool ending_first = false;

// The previous handler calls ours, because it replaced ours before ours
// replaced it.
[[noreturn]] void EndByFirst() {
  auto* const first = first_previous.load(std::memory_order_acquire);
  const bool again = std::exchange(ending_first, true);
  if (!again && first != previous.load(std::memory_order_acquire)) first();
  std::abort();
}

[[noreturn]] void CallPrevious() {
  if (auto* handler = previous.load(std::memory_order_acquire)) handler();
  std::abort();
}

}  // namespace

void NotePreviousHandler(std::terminate_handler handler) {
  std::terminate_handler none = nullptr;
  first_previous.compare_exchange_strong(none, handler);
  previous.store(handler, std::memory_order_release);
}

void NoteOriginalException() {
  if (noted.exchange(true, std::memory_order_acq_rel)) return;
  original.store(new (storage) std::exception_ptr(std::current_exception()),
                 std::memory_order_release);
}

FINALIZE_OWN_FRAME bool IsInPreviousHandler() { return ending; }

FINALIZE_OWN_FRAME void EndByTerminate() noexcept {
  if (std::exchange(ending, true)) EndByFirst();
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
