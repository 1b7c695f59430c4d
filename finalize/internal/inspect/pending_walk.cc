// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/inspect/pending_walk.h"

#include <algorithm>

#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/inspect/snapshot.h"

namespace finalize_internal {
namespace {

// The order of drains. Nodes of two lanes may have equal sequences.
bool ComesBefore(const PendingNode& a, const PendingNode& b) {
  if (a.phase != b.phase) return a.phase > b.phase;
  if (a.sequence != b.sequence) return a.sequence > b.sequence;
  return a.ref.node < b.ref.node;
}

// Reserves room for the finalizers that are pending now and a few more, because
// nothing is allocated under a lock.
std::vector<PendingNode> Collect(Core* core) {
  std::vector<PendingNode> all;
  for (size_t room = CountPending(core) + 16;; room *= 2) {
    all.clear();
    all.reserve(room);
    bool fits = true;
    VisitLanes(core, [&](Lane& lane, int) {
      VisitPending(lane, [&](Node* node) {
        if (all.size() == room) {
          fits = false;
        } else {
          all.push_back({RefTo(node), node->phase, node->Sequence()});
        }
      });
    });
    if (fits) return all;
  }
}

}  // namespace

std::vector<NodeRef> PendingOf(Core* core) {
  EnsureCurrent(core);
  std::vector<PendingNode> all = Collect(core);
  std::sort(all.begin(), all.end(), ComesBefore);
  std::vector<NodeRef> refs;
  refs.reserve(all.size());
  for (const PendingNode& candidate : all) refs.push_back(candidate.ref);
  return refs;
}

PendingWalk::PendingWalk(Core* core) noexcept : core_(core) {
  IgnoringBadAlloc([this] {
    all_ = PendingOf(core_);
    count_ = all_.size();
    has_all_ = true;
  });
  if (has_all_) return;
  EnsureCurrent(core_);
  VisitLanes(core_, [&](Lane& lane, int) {
    VisitPending(lane, [&](Node* node) {
      newest_ = std::max(newest_, node->Sequence());
    });
  });
  FindBatch();
}

bool PendingWalk::Next(NodeRef* ref) noexcept {
  if (!has_all_ && next_ == kBatch) FindBatch();
  if (next_ == count_) return false;
  *ref = has_all_ ? all_[next_] : batch_[next_].ref;
  ++next_;
  return true;
}

// Finds the next kBatch finalizers after the last one visited.
void PendingWalk::FindBatch() noexcept {
  const bool first = next_ == 0;
  const PendingNode last = first ? PendingNode() : batch_[next_ - 1];
  count_ = next_ = 0;
  VisitLanes(core_, [&](Lane& lane, int) {
    VisitPending(lane, [&](Node* node) {
      const PendingNode candidate = {RefTo(node), node->phase,
                                     node->Sequence()};
      if (candidate.sequence > newest_) return;
      if (first || ComesBefore(last, candidate)) Keep(candidate);
    });
  });
}

// Keeps a finalizer if it is among the first kBatch.
void PendingWalk::Keep(const PendingNode& candidate) {
  size_t at = count_;
  while (at > 0 && ComesBefore(candidate, batch_[at - 1])) --at;
  if (at == kBatch) return;
  if (count_ < kBatch) ++count_;
  for (size_t i = count_ - 1; i > at; --i) batch_[i] = batch_[i - 1];
  batch_[at] = candidate;
}

}  // namespace finalize_internal
