// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/lane.h"

#include <new>

namespace finalize_internal {
namespace {

void LinkBetween(Node** head, Node* newer, Node* node, Node* older) {
  node->newer = newer;
  node->older = older;
  (newer != nullptr ? newer->older : *head) = node;
  if (older != nullptr) older->newer = node;
}

void Unlink(Node** head, Node* node) {
  (node->newer != nullptr ? node->newer->older : *head) = node->older;
  if (node->older != nullptr) node->older->newer = node->newer;
}

void MarkSetAside(Node* node, bool set_aside, NodeState state) {
  const uint64_t word = node->Word() & ~(kSetAsideFlag | kStateMask);
  node->SetWord(word | (set_aside ? kSetAsideFlag : 0) | state);
}

}  // namespace

PhaseList* Lane::AddPhase(int phase, Node* memory) {
  PhaseList* list = new (memory->payload()) PhaseList;
  list->phase = phase;
  PhaseList** at = phase > 0 ? &above : &zero.lower;
  while (*at != nullptr && (*at)->phase > phase) at = &(*at)->lower;
  list->lower = *at == nullptr && phase > 0 ? &zero : *at;
  *at = list;
  return list;
}

void Lane::Insert(Node* node) {
  PhaseList* list = FindPhase(node->phase);
  Node* newer = nullptr;
  Node* older = list->newest;
  while (older != nullptr && older->Sequence() > node->Sequence()) {
    newer = older;
    older = older->older;
  }
  LinkBetween(&list->newest, newer, node, older);
  ++pending;
}

void Lane::RemoveSetAside(Node* node) {
  if (last_set_aside == node) last_set_aside = node->newer;
  Unlink(&set_aside, node);
  MarkSetAside(node, false, kPending);
  --pending;
}

void Lane::SetAside(Node* node) {
  Remove(node);
  AddSetAside(node, kPending);
}

void Lane::AddSetAside(Node* node, NodeState state) {
  LinkBetween(&set_aside, last_set_aside, node, nullptr);
  last_set_aside = node;
  MarkSetAside(node, true, state);
  ++pending;
}

void Lane::ReturnSetAside() {
  Node* node = set_aside;
  set_aside = last_set_aside = nullptr;
  Node* newer = nullptr;  // where the search for the next position may start
  while (node != nullptr) {
    Node* const next = node->older;
    MarkSetAside(node, false, kPending);
    PhaseList* list = FindPhase(node->phase);
    if (newer != nullptr &&
        (newer->phase != node->phase || newer->Sequence() < node->Sequence())) {
      newer = nullptr;
    }
    Node* older = newer != nullptr ? newer->older : list->newest;
    while (older != nullptr && older->Sequence() > node->Sequence()) {
      newer = older;
      older = older->older;
    }
    LinkBetween(&list->newest, newer, node, older);
    newer = node;
    node = next;
  }
}

void Lane::ResetAfterFork() {
  const uint64_t inherited = counts.inherited + pending;
  counts = Counts();
  counts.inherited = inherited;
  Clear();
}

void Lane::Clear() {
  above = nullptr;
  zero = PhaseList();
  running = set_aside = last_set_aside = nullptr;
  pins = nullptr;
  pending = 0;
}

}  // namespace finalize_internal
