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
  WeakEntry* forgotten;
  OwnedReferent* memory;
  Deferred* next = nullptr;
};

// What this thread is in. Plain data: usable to the last instruction.
struct Cascade {
  int depth = 0;
  Deferred* first = nullptr;
  Deferred* last = nullptr;
};
thread_local Cascade cascade;

void RunList(LifetimeList* list) {
  while (Node* node = ClaimNewestOf(list)) {
    AwaitUnpinned(node);
    RunReported(CoreAt(node->core), node, finalize::Cause::kDestroy);
  }
}

bool Defer(LifetimeList* list, WeakEntry* forgotten,
           std::unique_ptr<OwnedReferent>* memory) {
  Node* const node = AcquireNode(sizeof(Node) + sizeof(Deferred));
  if (node == nullptr) return false;
  auto* const deferred = new (node->payload()) Deferred;
  // A peek must not look for the referent where it is gone.
  list->ForgetShared();
  if (!list->empty()) deferred->list.TakeFrom(list);
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
    RunList(&deferred->list);
    delete deferred->memory;
    deferred->~Deferred();
    ReleaseNode(reinterpret_cast<Node*>(deferred) - 1);
  }
}

}  // namespace

void EndReferent(LifetimeList* list, WeakEntry* forgotten,
                 std::unique_ptr<OwnedReferent>* memory) noexcept {
  if (cascade.depth == kDeepest && Defer(list, forgotten, memory)) return;
  ++cascade.depth;
  DropForgotten(forgotten);
  RunList(list);
  if (cascade.depth == kDeepest) RunDeferred();
  --cascade.depth;
}

void EndLifetime(LifetimeList* list) noexcept {
  EndReferent(list, nullptr, nullptr);
}

}  // namespace finalize_internal
