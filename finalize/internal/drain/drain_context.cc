// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/drain/drain_context.h"

#include <new>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/drain/drain.h"
#include "finalize/internal/life/finish.h"
#include "finalize/internal/life/spent.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/node_wait.h"
#include "finalize/internal/node/slab.h"

namespace finalize_internal {
namespace {

DrainRecord* RecordIn(Node* node) {
  return reinterpret_cast<DrainRecord*>(node->payload());
}

// Ends the drain of a frame. Returns whether that was a drain at the end of the
// process in which something has failed.
bool AbandonDrain(const NodeRef& ref) {
  Core* core;
  std::shared_ptr<DrainPart> part;
  bool failed;
  {
    LockHolder lock(LockAt(kCorePoolLock));
    if (!ref.Matches(ref.node->Word())) return false;
    DrainRecord& record = *RecordIn(ref.node);
    if (record.epoch != CurrentEpoch() ||
        record.over.exchange(true, std::memory_order_acq_rel)) {
      return false;
    }
    core = record.core;
    part = record.part;
    failed =
        record.process_end && record.failed.load(std::memory_order_relaxed);
  }
  if (part != nullptr) {
    part->Abandon();
  } else {
    EndDrain(core);
  }
  return failed;
}

bool AbandonFrame(Node* node, uint64_t life) {
  const NodeRef ref = {node, life & kGenerationMask};
  if (life & kDrainFrame) return AbandonDrain(ref);
  if (IsOurs(node) && IsValidFrame(node, life) &&
      Abandon(CoreAt(node->core), ref)) {
    WakeWaiters(node);
  }
  return false;
}

bool AbandonBlock(const FrameBlock* block) {
  bool failed = false;
  VisitBlock(block, [&](Node* node, uint64_t life, const Frame&) {
    failed |= AbandonFrame(node, life);
    return true;
  });
  return failed;
}

}  // namespace

FINALIZE_OWN_FRAME DrainScope::DrainScope(Core* core,
                                          const finalize::Cause& cause,
                                          WhenAbandoned when_abandoned,
                                          std::shared_ptr<DrainPart> part) {
  Node* const node = AcquireNode(sizeof(Node) + sizeof(DrainRecord));
  if (node == nullptr) return;
  record_ = RefTo(node);
  auto* const record = new (node->payload()) DrainRecord;
  record->core = core;
  record->epoch = CurrentEpoch();
  record->process_end = cause.IsProcessEnd();
  record->over.store(when_abandoned == WhenAbandoned::kNothing,
                     std::memory_order_relaxed);
  record->part = std::move(part);
  PushFrame(node, record_.generation | kDrainFrame, core);
}

// Not inlined, because the drain may end on another thread than it began on.
FINALIZE_OWN_FRAME bool DrainScope::End() {
  Node* const node = std::exchange(record_.node, nullptr);
  if (node == nullptr) return !was_over_;
  PopFrame(node);
  std::shared_ptr<DrainPart> part;
  {
    LockHolder lock(LockAt(kCorePoolLock));
    DrainRecord& record = *RecordIn(node);
    was_over_ = record.over.load(std::memory_order_relaxed);
    part = std::move(record.part);
    record.~DrainRecord();
    node->SetWord(node->Word() + (uint64_t{1} << kGenerationShift));
  }
  ReleaseNode(node);
  return !was_over_;
}

FINALIZE_OWN_FRAME bool AbandonFrames() {
  DestroyDeferred();
  bool failed = false;
  for (FrameBlock* block = this_thread.frames; block != nullptr;
       block = block->below) {
    failed |= AbandonBlock(block);
  }
  DropFrames();
  return failed;
}

bool AbandonFramesOf(int thread) {
  bool failed = false;
  for (FrameBlock* block = NewestBlock(); block != nullptr;
       block = block->next.load(std::memory_order_acquire)) {
    if (block->thread.load(std::memory_order_relaxed) == thread) {
      failed |= AbandonBlock(block);
    }
  }
  return failed;
}

void AbandonFramesInExit() {
  const size_t count = CountFrames();
  if (count != 0 && count == this_thread.frames_in_exit) AbandonFrames();
}

void AddEntry(DrainContext* context, finalize::ReportEntry entry) noexcept {
  std::vector<finalize::ReportEntry>& entries = context->report->entries;
  if (entries.size() >= context->options->max_entries) return;
  IgnoringBadAlloc([&] { entries.push_back(std::move(entry)); });
}

void Absorb(DrainContext* context, finalize::Report part) noexcept {
  finalize::Report& report = *context->report;
  report.ran += part.ran;
  report.failed += part.failed;
  report.left += part.left;
  report.running += part.running;
  report.deadline_exceeded |= part.deadline_exceeded;
  if (part.failed != 0 || part.deadline_exceeded) context->RecordFailure();
  for (finalize::ReportEntry& entry : part.entries) {
    if (entry.outcome == finalize::ReportEntry::Outcome::kUnreached)
      context->RecordFailure();
    AddEntry(context, std::move(entry));
  }
}

}  // namespace finalize_internal
