#include "finalize/internal/inspect/pending_walk.h"

#include <algorithm>

#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/inspect/snapshot.h"

namespace finalize_internal {
namespace {

// The order of drains. Nodes of two lanes may have equal sequences.
bool ComesBefore(const Placed& a, const Placed& b) {
  if (a.phase != b.phase) return a.phase > b.phase;
  if (a.sequence != b.sequence) return a.sequence > b.sequence;
  return a.ref.node < b.ref.node;
}

// Reserves room for the finalizers that are pending now and a few more, because
// nothing is allocated under a lock.
std::vector<Placed> Collect(Core* core) {
  std::vector<Placed> all;
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
  std::vector<Placed> all = Collect(core);
  std::sort(all.begin(), all.end(), ComesBefore);
  std::vector<NodeRef> refs;
  refs.reserve(all.size());
  for (const Placed& placed : all) refs.push_back(placed.ref);
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
  LookAgain();
}

bool PendingWalk::Next(NodeRef* ref) noexcept {
  if (!has_all_ && next_ == kBatch) LookAgain();
  if (next_ == count_) return false;
  *ref = has_all_ ? all_[next_] : few_[next_].ref;
  ++next_;
  return true;
}

// Finds the next kBatch finalizers after the last one visited.
void PendingWalk::LookAgain() noexcept {
  const bool first = next_ == 0;
  const Placed last = first ? Placed() : few_[next_ - 1];
  count_ = next_ = 0;
  VisitLanes(core_, [&](Lane& lane, int) {
    VisitPending(lane, [&](Node* node) {
      const Placed placed = {RefTo(node), node->phase, node->Sequence()};
      if (placed.sequence > newest_) return;
      if (first || ComesBefore(last, placed)) Keep(placed);
    });
  });
}

// Keeps a finalizer if it is among the first kBatch.
void PendingWalk::Keep(const Placed& placed) {
  size_t at = count_;
  while (at > 0 && ComesBefore(placed, few_[at - 1])) --at;
  if (at == kBatch) return;
  if (count_ < kBatch) ++count_;
  for (size_t i = count_ - 1; i > at; --i) few_[i] = few_[i - 1];
  few_[at] = placed;
}

}  // namespace finalize_internal
