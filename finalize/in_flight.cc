// SPDX-License-Identifier: Apache-2.0

#include "finalize/in_flight.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "finalize/finalizer.h"
#include "finalize/internal/base/check.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/base/escape.h"
#include "finalize/internal/base/finalizer_text.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/drain/adoption.h"
#include "finalize/process_end.h"
#include "finalize/registry.h"

namespace finalize_internal {
namespace {

using finalize::InFlightOptions;
using finalize::InFlightRequest;

constexpr size_t kMaxName = 255;
constexpr size_t kMaxNamed = 20;  // in a message

Lock& StateLock() { return LockAt(kInFlightLock); }

}  // namespace

// A request. It is on the list of its state from Enter to Leave. What a child
// inherited is on no list of the child.
struct InFlightEntry : std::enable_shared_from_this<InFlightEntry> {
  InFlightEntry(std::string_view name_in,
                std::shared_ptr<InFlightState> state_in)
      : name(name_in), since(NowNanos()), state(std::move(state_in)) {}

  const std::string name;
  const uint64_t since;
  const std::shared_ptr<InFlightState> state;
  // That of the state, when the request entered.
  uint32_t epoch ABSL_GUARDED_BY(StateLock()) = 0;
  InFlightEntry* older ABSL_GUARDED_BY(StateLock()) = nullptr;
  InFlightEntry* newer ABSL_GUARDED_BY(StateLock()) = nullptr;
};

// What an InFlight, its finalizer and its tickets share. It belongs to the
// process of its epoch; the first use in a child starts it anew.
//
//   event                 open_   owned_  finalizer
//   constructed           true    true    pending
//   Close(), or drained   false   true    pending, or dead
//   ~InFlight             false   false   pending until the last ticket leaves
//
// Thread-safe.
class InFlightState {
 public:
  enum class Entry { kDone, kClosed, kUnregistered };

  InFlightState(std::string_view name, const InFlightOptions& options,
                finalize::Place place)
      : name_(name), options_(options), place_(place), epoch_(UseEpoch()) {}

  const std::string& name() const { return name_; }
  const InFlightOptions& options() const { return options_; }
  finalize::Place place() const { return place_; }

  bool IsOwn() const {
    return IsOwnEpoch(epoch_.load(std::memory_order_acquire));
  }
  // Before a change.
  void MakeOwn();
  // Takes the finalizer that was registered. Returns the one that is not
  // needed: none, or this one.
  finalize::Finalizer<> TakeFinalizer(const finalize::Finalizer<>& finalizer);

  Entry Enter(InFlightEntry* entry);
  void Leave(InFlightEntry* entry);
  void Close();
  // Closes it for the destructor of its owner.
  void Disown();
  // Returns false if `deadline`, in nanoseconds of the clock of drains, passes
  // before the last request has left.
  bool AwaitNone(uint64_t deadline);

  bool open() const;
  size_t size() const;
  // Adds the oldest requests, as far as the capacity of `entries` allows.
  // Returns how many are in flight.
  size_t CopyOldest(
      std::vector<std::shared_ptr<const InFlightEntry>>* entries) const;

 private:
  // Returns the finalizer if nothing needs it any more, else a dead handle.
  finalize::Finalizer<> UnneededFinalizer()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(StateLock());

  const std::string name_;
  const InFlightOptions options_;
  const finalize::Place place_;
  std::atomic<uint32_t> epoch_;
  // Counts how often the last request has left while a thread waited for it.
  uint32_t emptied_ = 0;
  bool open_ ABSL_GUARDED_BY(StateLock()) = true;
  bool owned_ ABSL_GUARDED_BY(StateLock()) = true;
  bool registered_ ABSL_GUARDED_BY(StateLock()) = false;
  int waiters_ ABSL_GUARDED_BY(StateLock()) = 0;
  size_t size_ ABSL_GUARDED_BY(StateLock()) = 0;
  InFlightEntry* oldest_ ABSL_GUARDED_BY(StateLock()) = nullptr;
  InFlightEntry* newest_ ABSL_GUARDED_BY(StateLock()) = nullptr;
  finalize::Finalizer<> finalizer_ ABSL_GUARDED_BY(StateLock());
};

void InFlightState::MakeOwn() {
  if (IsOwn()) return;
  const uint32_t epoch = UseEpoch();
  LockHolder lock(StateLock());
  if (IsOwn()) return;
  open_ = true;
  registered_ = false;
  waiters_ = 0;
  size_ = 0;
  oldest_ = newest_ = nullptr;
  finalizer_ = {};
  epoch_.store(epoch, std::memory_order_release);
}

finalize::Finalizer<> InFlightState::TakeFinalizer(
    const finalize::Finalizer<>& finalizer) {
  LockHolder lock(StateLock());
  if (registered_) return finalizer;
  registered_ = true;
  finalizer_ = finalizer;
  return {};
}

InFlightState::Entry InFlightState::Enter(InFlightEntry* entry) {
  LockHolder lock(StateLock());
  if (!open_) return Entry::kClosed;
  if (!registered_) return Entry::kUnregistered;
  entry->epoch = epoch_.load(std::memory_order_relaxed);
  entry->older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = entry;
  newest_ = entry;
  ++size_;
  return Entry::kDone;
}

void InFlightState::Leave(InFlightEntry* entry) {
  if (!IsOwn()) return;
  finalize::Finalizer<> unneeded;
  bool wake = false;
  {
    LockHolder lock(StateLock());
    if (entry->epoch != epoch_.load(std::memory_order_relaxed)) return;
    InFlightEntry* const older = entry->older;
    InFlightEntry* const newer = entry->newer;
    (older != nullptr ? older->newer : oldest_) = newer;
    (newer != nullptr ? newer->older : newest_) = older;
    if (--size_ == 0) {
      wake = waiters_ > 0;
      if (wake) __atomic_fetch_add(&emptied_, 1, __ATOMIC_RELAXED);
      unneeded = UnneededFinalizer();
    }
  }
  if (wake) FutexWake(&emptied_);
  unneeded.Cancel();
}

void InFlightState::Close() {
  LockHolder lock(StateLock());
  open_ = false;
}

void InFlightState::Disown() {
  if (!IsOwn()) return;
  finalize::Finalizer<> unneeded;
  {
    LockHolder lock(StateLock());
    open_ = false;
    owned_ = false;
    unneeded = UnneededFinalizer();
  }
  unneeded.Cancel();
}

finalize::Finalizer<> InFlightState::UnneededFinalizer() {
  return owned_ || size_ != 0 ? finalize::Finalizer<>() : finalizer_;
}

bool InFlightState::AwaitNone(uint64_t deadline) {
  if (!IsOwn()) return true;
  bool waits = false;
  for (;;) {
    uint32_t emptied = 0;
    const uint64_t now = DrainNanos();
    {
      LockHolder lock(StateLock());
      const bool done = size_ == 0 || now >= deadline;
      if (done != !waits) waiters_ += done ? -1 : 1;
      waits = !done;
      if (done) return size_ == 0;
      emptied = __atomic_load_n(&emptied_, __ATOMIC_RELAXED);
    }
    FutexSleep(&emptied_, emptied, NapUntil(deadline, now));
  }
}

bool InFlightState::open() const {
  if (!IsOwn()) return true;
  LockHolder lock(StateLock());
  return open_;
}

size_t InFlightState::size() const {
  if (!IsOwn()) return 0;
  LockHolder lock(StateLock());
  return size_;
}

size_t InFlightState::CopyOldest(
    std::vector<std::shared_ptr<const InFlightEntry>>* entries) const {
  if (!IsOwn()) return 0;
  LockHolder lock(StateLock());
  for (InFlightEntry* entry = oldest_;
       entry != nullptr && entries->size() < entries->capacity();
       entry = entry->newer) {
    entries->push_back(entry->shared_from_this());
  }
  return size_;
}

namespace {

std::vector<InFlightRequest> OldestOf(const InFlightState& state, size_t limit,
                                      size_t* count) {
  std::vector<std::shared_ptr<const InFlightEntry>> entries;
  entries.reserve(std::min(limit, state.size()));
  *count = state.CopyOldest(&entries);
  const uint64_t now = NowNanos();
  std::vector<InFlightRequest> requests;
  requests.reserve(entries.size());
  for (const std::shared_ptr<const InFlightEntry>& entry : entries) {
    requests.push_back({entry->name, absl::Nanoseconds(now - entry->since)});
  }
  return requests;
}

// Names who did not leave within `waited`.
absl::Status StillInside(const InFlightState& state, absl::Duration waited) {
  return StatusOrBareCode(absl::StatusCode::kDeadlineExceeded, [&] {
    size_t count = 0;
    const std::vector<InFlightRequest> named =
        OldestOf(state, kMaxNamed, &count);
    std::string text =
        absl::StrCat(count, " still in flight after ", AgeText(waited));
    const char* separator = ": ";
    for (const InFlightRequest& request : named) {
      absl::StrAppend(&text, separator, request.ToString());
      separator = ", ";
    }
    if (count > named.size()) {
      absl::StrAppend(&text, ", and ", count - named.size(), " more");
    }
    return text;
  });
}

uint64_t NanosOf(absl::Duration duration) {
  constexpr int64_t kMax = INT64_MAX;
  return static_cast<uint64_t>(
      std::clamp(absl::ToInt64Nanoseconds(duration), int64_t{0}, kMax));
}

absl::Status AwaitNoneFor(InFlightState* state, absl::Duration limit) {
  const uint64_t start = DrainNanos();
  if (state->AwaitNone(start + NanosOf(limit))) return absl::OkStatus();
  return StillInside(*state, absl::Nanoseconds(DrainNanos() - start));
}

}  // namespace

// The callback of the finalizer. Reports show its name.
struct AwaitRequests {
  absl::Status operator()() const {
    state->Close();
    const absl::Duration time = std::min(
        finalize::ExitTimeLeft(), finalize::GetExitOptions().phase_limit);
    return AwaitNoneFor(state.get(), time * (1 - state->options().later_share));
  }
  std::shared_ptr<InFlightState> state;
};

namespace {

absl::Status Register(const std::shared_ptr<InFlightState>& state) {
  const absl::StatusOr<finalize::Finalizer<absl::Status>> registered =
      finalize::Registry::Process().TryRegister(
          finalize::Options(state->name())
              .set_phase(state->options().phase)
              .set_place(state->place()),
          AwaitRequests{state});
  if (!registered.ok()) return registered.status();
  state->TakeFinalizer(*registered).Cancel();
  return absl::OkStatus();
}

void CheckOptions(const InFlightOptions& options) {
  Check(options.later_share >= 0 && options.later_share <= 1,
        "InFlightOptions::later_share must be from 0 to 1");
}

absl::Status NoMemory() {
  return StatusOrBareCode(absl::StatusCode::kResourceExhausted,
                          [] { return "no memory for a ticket"; });
}

}  // namespace
}  // namespace finalize_internal

namespace finalize {

std::string InFlightRequest::ToString() const {
  std::string text;
  finalize_internal::AppendQuoted(name, &text);
  absl::StrAppend(&text, " for ", finalize_internal::AgeText(age));
  return text;
}

void InFlight::Ticket::LeaveNow() noexcept {
  entry_->state->Leave(entry_.get());
  entry_ = nullptr;
}

InFlight::InFlight(std::string_view name, const InFlightOptions& options,
                   CallerPlace place)
    : state_(std::make_shared<finalize_internal::InFlightState>(
          name, options, place.place())) {
  finalize_internal::CheckOptions(options);
  // If it is refused, Enter tries again, and returns why.
  finalize_internal::Register(state_).IgnoreError();
}

InFlight::~InFlight() { state_->Disown(); }

absl::StatusOr<InFlight::Ticket> InFlight::Enter(std::string_view name) {
  using finalize_internal::InFlightEntry;
  using Entry = finalize_internal::InFlightState::Entry;
  std::shared_ptr<InFlightEntry> entry;
  try {
    entry = std::make_shared<InFlightEntry>(
        name.substr(0, finalize_internal::kMaxName), state_);
  } catch (const std::bad_alloc&) {
    return finalize_internal::NoMemory();
  }
  state_->MakeOwn();
  for (;;) {
    switch (state_->Enter(entry.get())) {
      case Entry::kDone:
        return Ticket(std::move(entry));
      case Entry::kClosed:
        return finalize_internal::StatusOrBareCode(
            absl::StatusCode::kUnavailable, [this] {
              std::string text;
              finalize_internal::AppendQuoted(state_->name(), &text);
              return text + " is closed";
            });
      case Entry::kUnregistered:
        break;
    }
    const absl::Status registered = finalize_internal::Register(state_);
    if (!registered.ok()) return registered;
  }
}

void InFlight::Close() {
  state_->MakeOwn();
  state_->Close();
}

absl::Status InFlight::Wait(absl::Time deadline) {
  return finalize_internal::AwaitNoneFor(state_.get(), deadline - absl::Now());
}

bool InFlight::closed() const { return !state_->open(); }

size_t InFlight::size() const { return state_->size(); }

std::vector<InFlightRequest> InFlight::ByAge(size_t limit) const {
  size_t count = 0;
  return finalize_internal::OldestOf(*state_, limit, &count);
}

}  // namespace finalize
