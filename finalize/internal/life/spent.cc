// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/spent.h"

#include <cstddef>
#include <utility>

#include "finalize/internal/base/bracket.h"
#include "finalize/internal/life/finish.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {
namespace {

constexpr int kMaxDepth = 64;

// One destruction on this thread.
struct Nesting {
  const char* frame = nullptr;  // of the function that destroys; null: none
  int depth = 0;
  const Node* newest = nullptr;  // the thread's newest frame while it lasts
};

struct ThreadSpent {
  Nesting innermost;
  // The deferred ones: linked through LifetimeLink::older, and through
  // WeakLink::older.
  Node* first_node = nullptr;
  Node* last_node = nullptr;
  WeakLink* first_entry = nullptr;
  WeakLink* last_entry = nullptr;
};
__thread ThreadSpent thread_spent;

// Not inlined, because after a destructor the code may run on another thread.
FINALIZE_OWN_FRAME ThreadSpent* OfThisThread() {
  ThreadSpent* spent = &thread_spent;
  asm volatile("" : "+r"(spent));
  return spent;
}

// Returns whether the function at `frame` must defer a destruction.
bool MustWait(const char* frame) {
  const Nesting& outer = OfThisThread()->innermost;
  return outer.depth >= kMaxDepth && CanHold(outer.frame, frame) &&
         outer.newest == NewestFrame();
}

// Makes a destruction this thread's innermost one.
class NestingScope {
 public:
  // `newest`: the node of the thread's newest frame while it lasts.
  NestingScope(const char* frame, const Node* newest) {
    ThreadSpent* const spent = OfThisThread();
    outer_ = spent->innermost;
    const int depth = CanHold(outer_.frame, frame) ? outer_.depth + 1 : 1;
    spent->innermost = own_ = {frame, depth, newest};
  }
  ~NestingScope() {
    // If another fiber has begun a destruction meanwhile, that one stays the
    // innermost.
    ThreadSpent* const spent = OfThisThread();
    if (spent->innermost.frame == own_.frame) spent->innermost = outer_;
  }
  NestingScope(const NestingScope&) = delete;
  NestingScope& operator=(const NestingScope&) = delete;

  bool deepest() const { return own_.depth >= kMaxDepth; }

 private:
  Nesting outer_;
  Nesting own_;
};

// Not inlined, because they use the thread's frames between two destructors.
FINALIZE_OWN_FRAME void GiveFrameBack(Node* node) { PopFrame(node); }
FINALIZE_OWN_FRAME void TakeFrame(Node* node) {
  PushFrame(node, RefTo(node).generation);
}

Node* TakeNode() {
  ThreadSpent* const spent = OfThisThread();
  Node* const node = spent->first_node;
  if (node == nullptr) return nullptr;
  spent->first_node = node->lifetime_link().older;
  if (spent->first_node == nullptr) spent->last_node = nullptr;
  return node;
}

WeakLink* TakeEntries() {
  ThreadSpent* const spent = OfThisThread();
  spent->last_entry = nullptr;
  return std::exchange(spent->first_entry, nullptr);
}

void DestroyNodes() {
  while (Node* const node = TakeNode()) {
    if (!IsOurs(node))
      continue;  // this is the child of a fork: the node is the parent's
    NestingScope scope(static_cast<char*>(__builtin_frame_address(0)), node);
    TakeFrame(node);
    DestroyAndRetire(CoreAt(node->core), node);
  }
}

}  // namespace

void DestroySpent(Core* core, Node* node) noexcept {
  const char* const frame = static_cast<char*>(__builtin_frame_address(0));
  GiveFrameBack(node);
  if (MustWait(frame)) {
    ThreadSpent* const spent = OfThisThread();
    node->lifetime_link().older = nullptr;
    (spent->last_node != nullptr ? spent->last_node->lifetime_link().older
                                 : spent->first_node) = node;
    spent->last_node = node;
    return;
  }
  bool deepest;
  {
    NestingScope scope(frame, node);
    TakeFrame(node);
    DestroyAndRetire(core, node);
    deepest = scope.deepest();
  }
  if (deepest) DestroyDeferred();
}

void DestroySpent(WeakLink* detached) noexcept {
  if (detached == nullptr) return;
  const char* const frame = static_cast<char*>(__builtin_frame_address(0));
  if (MustWait(frame)) {
    ThreadSpent* const spent = OfThisThread();
    (spent->last_entry != nullptr ? spent->last_entry->older
                                  : spent->first_entry) = detached;
    WeakLink* last = detached;
    while (last->older != nullptr) last = last->older;
    spent->last_entry = last;
    return;
  }
  bool deepest;
  {
    NestingScope scope(frame, NewestFrame());
    DropDetachedEntries(detached);
    deepest = scope.deepest();
  }
  if (deepest) DestroyDeferred();
}

void DestroyDeferred() noexcept {
  for (;;) {
    DestroyNodes();
    WeakLink* const entries = TakeEntries();
    if (entries == nullptr) return;
    NestingScope scope(static_cast<char*>(__builtin_frame_address(0)),
                       NewestFrame());
    DropDetachedEntries(entries);
  }
}

bool IsQueued(const Node* node) {
  const Node* other = OfThisThread()->first_node;
  while (other != nullptr && other != node) {
    other = const_cast<Node*>(other)->lifetime_link().older;
  }
  return other != nullptr;
}

bool RunsOnThisThread(const Node* node) {
  return AnyCallbackThat([node](const Node* other) { return other == node; }) ||
         IsQueued(node);
}

}  // namespace finalize_internal
