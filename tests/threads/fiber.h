// SPDX-License-Identifier: Apache-2.0

// Fiber: a function on a stack of its own, which can be left and entered again,
// on any thread.
//
//   Fiber fiber([](Fiber& self) {
//     ...
//     self.Suspend();  // Resume() returns
//     ...
//   });
//   fiber.Resume();
//   std::thread([&] { fiber.Resume(); }).join();  // goes on there, to its end
//
// Its stack is unmapped with it, whether or not it has ended: what lay on it
// and is touched afterwards is a crash.
//
// Confined to one thread at a time.
#ifndef TESTS_THREADS_FIBER_H_
#define TESTS_THREADS_FIBER_H_

#include <sys/mman.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <thread>
#include <utility>

namespace finalize_test {

class Fiber {
 public:
  explicit Fiber(std::function<void(Fiber&)> body) : body_(std::move(body)) {
    stack_ = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack_ == MAP_FAILED || getcontext(&own_) != 0) std::abort();
    own_.uc_stack.ss_sp = stack_;
    own_.uc_stack.ss_size = kStackBytes;
    own_.uc_link = nullptr;
    const auto self = reinterpret_cast<uintptr_t>(this);
    makecontext(&own_, reinterpret_cast<void (*)()>(&Enter), 2,
                static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
  }
  ~Fiber() { munmap(stack_, kStackBytes); }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Goes on with it until it is suspended or ends.
  void Resume() { Switch(&caller_, &own_); }
  void ResumeOnAnotherThread() {
    std::thread([this] { Resume(); }).join();
  }
  // Of itself.
  void Suspend() { Switch(&own_, &caller_); }
  bool ended() const { return ended_; }

 private:
  static constexpr size_t kStackBytes = 512 * 1024;

  static void Enter(unsigned high, unsigned low) {
    auto* const self =
        reinterpret_cast<Fiber*>((uintptr_t{high} << 32) | uintptr_t{low});
    self->body_(*self);
    self->ended_ = true;
    self->Suspend();
  }
  // Not inlined: nothing of the thread may be kept over it.
  [[gnu::noinline]] static void Switch(ucontext_t* from, ucontext_t* to) {
    if (swapcontext(from, to) != 0) std::abort();
  }

  const std::function<void(Fiber&)> body_;
  void* stack_;
  ucontext_t own_;
  ucontext_t caller_;
  bool ended_ = false;
};

}  // namespace finalize_test

#endif  // TESTS_THREADS_FIBER_H_
