// SPDX-License-Identifier: Apache-2.0

#include "finalize/registry.h"

#include <atomic>
#include <new>
#include <utility>

#include "finalize/internal/base/check.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/drain/drain.h"
#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/drain/registry_contents.h"
#include "finalize/internal/inspect/pending_walk.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/life/stack_mark.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/process_core.h"

namespace finalize {
namespace {

using finalize_internal::Core;

// The entry of a child in its parent.
struct DrainChildRegistry {
  void operator()(const Cause& cause) const {
    finalize_internal::DrainChild(core, this, cause);
  }
  Core* core;
};

// Reports that a registry has ended before a callback of it for whose end this
// thread cannot wait. What the callback still uses of the registry is kept.
void ReportKept(Core* core) {
  finalize_internal::RunningEntry running = {};
  if (!finalize_internal::DescribeAnyRunning(core, &running)) return;
  ReportEntry entry;
  finalize_internal::IgnoringBadAlloc(
      [&] { entry = running.ToEntry(Cause::Kind::kDrain); });
  entry.status = finalize_internal::StatusOrBareCode(
      absl::StatusCode::kFailedPrecondition,
      [] { return "its registry was destroyed while it ran"; });
  finalize_internal::ReportFailure(entry);
}

Core* NewCore() {
  Core* core = finalize_internal::AcquireCore();
  if (core == nullptr) throw std::bad_alloc();
  return core;
}

}  // namespace

// Made without the guard of a function's static object, which a fork may find
// held by another thread. Never destroyed: it is used until the last
// instruction of the process.
Registry& Registry::Process() {
  static std::atomic<Registry*> process{nullptr};
  Registry* current = process.load(std::memory_order_acquire);
  if (current != nullptr) return *current;
  void* const memory = ::operator new(sizeof(Registry));
  Registry* made = new (memory) Registry(finalize_internal::ProcessCore());
  if (process.compare_exchange_strong(current, made,
                                      std::memory_order_acq_rel)) {
    return *made;
  }
  ::operator delete(memory);  // its destructor would drain
  return *current;
}

Registry::Registry() : core_(NewCore()) {}

Registry::Registry(Registry& parent, Options options) : Registry() {
  entry_ = parent.Register(options, DrainChildRegistry{core_});
}

Registry::~Registry() {
  finalize_internal::EnsureCurrent(core_);
  finalize_internal::AbandonFramesInExit();
  finalize_internal::Check(
      !finalize_internal::IsBelowCallbackOf(core_),
      "a registry is destroyed by one of its own callbacks");
  // One that is suspended on this thread, or was left by longjmp(): it may go
  // on later, or never.
  const bool suspended = finalize_internal::RunsCallbackOf(core_);
  // The parent's drain may be running the entry: it uses this core.
  if (!entry_.Cancel()) entry_.Wait();
  finalize_internal::Check(
      suspended || core_->drains.load(std::memory_order_acquire) == 0,
      "a registry is destroyed while it drains");
  const Report report = finalize_internal::DrainCore(
      core_, DrainOptions(),
      suspended ? finalize_internal::Waiting::kNever
                : finalize_internal::Waiting::kAlways);
  Seal();  // to the destructors of the callables that failed
  finalize_internal::DestroyPending(core_,
                                    finalize_internal::DestroyScope::kAll);
  if (suspended || report.running != 0) {
    ReportKept(core_);
  } else {
    finalize_internal::ReleaseCore(core_);
  }
}

Report Registry::Drain(const DrainOptions& options) noexcept {
  return finalize_internal::DrainCore(core_, options,
                                      finalize_internal::Waiting::kIfOutermost);
}

void Registry::Seal() { core_->sealed.store(true, std::memory_order_release); }

absl::Status Registry::MoveTo(Registry& to) {
  return finalize_internal::RefusalStatus(
      finalize_internal::MovePending(core_, to.core_));
}

size_t Registry::size() const { return finalize_internal::CountPending(core_); }

size_t Registry::CancelAll() noexcept {
  return finalize_internal::DestroyPending(
      core_, finalize_internal::DestroyScope::kAll);
}

void Registry::ForEach(absl::FunctionRef<void(const Info&)> visit) const {
  ForEach([&](const Finalizer<>&, const Info& info) { visit(info); });
}

void Registry::ForEach(
    absl::FunctionRef<void(const Finalizer<>&, const Info&)> visit) const {
  for (const auto& ref : finalize_internal::PendingOf(core_)) {
    std::optional<Info> info;
    if (finalize_internal::Peek(ref, &info)) {
      visit(Make<Finalizer<>>(ref), *info);
    }
  }
}

std::string Registry::Dump() const {
  std::string text;
  ForEach([&](const Info& info) {
    text += info.ToString();
    text += '\n';
  });
  return text;
}

}  // namespace finalize
