#include "finalize/internal/cascade.h"

#include <new>
#include <utility>

#include "finalize/internal/lock.h"
#include "finalize/internal/run.h"
#include "finalize/internal/slab.h"
#include "finalize/internal/weak_link.h"

namespace finalize_internal {
namespace {

constexpr int kDeepest = 64;

// The end of a referent that is put off. Lies in the payload of a node.
struct Deferred {
  LifetimeList list;
  finalize::Cause cause = finalize::Cause::kDestroy;
  WeakEntry* forgotten = nullptr;
  OwnedReferent* memory = nullptr;
  Deferred* next = nullptr;
};

// What this thread is in. Plain data: usable to the last instruction.
struct Cascade {
  int depth = 0;
  Deferred* first = nullptr;
  Deferred* last = nullptr;
};
thread_local Cascade cascade;

inline void RunList(LifetimeList* list, const finalize::Cause& cause) {
  while (!list->empty()) {
    Node* const node = ClaimNewestOf(list);
    if (node == nullptr) return;
    AwaitUnpinned(node);
    RunReported(CoreAt(node->core), node, cause);
  }
}

bool Defer(LifetimeList* list, const finalize::Cause& cause,
           WeakEntry* forgotten, std::unique_ptr<OwnedReferent>* memory) {
  Node* const node = AcquireNode(sizeof(Node) + sizeof(Deferred));
  if (node == nullptr) return false;
  auto* const deferred = new (node->payload()) Deferred;
  // A peek must not look for the referent where it is gone.
  list->ForgetShared();
  if (!list->empty()) deferred->list.TakeFrom(list);
  deferred->cause = cause;
  deferred->forgotten = forgotten;
  deferred->memory = memory != nullptr ? memory->release() : nullptr;
  (cascade.last != nullptr ? cascade.last->next : cascade.first) = deferred;
  cascade.last = deferred;
  return true;
}

void RunDeferred() {
  while (Deferred* const deferred = cascade.first) {
    cascade.first = deferred->next;
    if (cascade.first == nullptr) cascade.last = nullptr;
    DropForgotten(deferred->forgotten);
    RunList(&deferred->list, deferred->cause);
    delete deferred->memory;
    deferred->~Deferred();
    ReleaseNode(reinterpret_cast<Node*>(deferred) - 1);
  }
}

void End(LifetimeList* list, const finalize::Cause& cause, WeakEntry* forgotten,
         std::unique_ptr<OwnedReferent>* memory) {
  if (cascade.depth == kDeepest && Defer(list, cause, forgotten, memory)) {
    return;
  }
  ++cascade.depth;
  DropForgotten(forgotten);
  RunList(list, cause);
  if (cascade.depth == kDeepest) RunDeferred();
  --cascade.depth;
}

}  // namespace

void EndReferent(LifetimeList* list, WeakEntry* forgotten,
                 std::unique_ptr<OwnedReferent>* memory) noexcept {
  End(list, finalize::Cause::kDestroy, forgotten, memory);
}

void EndLifetime(LifetimeList* list, const finalize::Cause& cause) noexcept {
  End(list, cause, nullptr, nullptr);
}

}  // namespace finalize_internal
