// SPDX-License-Identifier: Apache-2.0

#include "finalize/in_flight.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "finalize/internal/base/check.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/base/escape.h"
#include "finalize/internal/base/finalizer_text.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/drain/drain.h"
#include "finalize/internal/drain/in_flight_list.h"
#include "finalize/internal/life/interrupted.h"
#include "finalize/internal/life/refusal_status.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/process_end.h"

namespace finalize_internal {
namespace {

using finalize::InFlightOptions;
using finalize::InFlightRequest;

constexpr size_t kMaxName = 255;
constexpr size_t kMaxNamed = 20;  // in a message

}  // namespace

struct InFlightState {
  const std::string name;
  const InFlightOptions options;
  const finalize::Place place;
  InFlightList list;
};

namespace {

std::vector<InFlightRequest> OldestOf(const InFlightList& list, size_t limit,
                                      size_t* count) {
  std::vector<std::shared_ptr<const InFlightEntry>> entries;
  entries.reserve(std::min(limit, list.size()));
  *count = list.CopyOldest(&entries);
  const uint64_t now = NowNanos();
  std::vector<InFlightRequest> requests;
  requests.reserve(entries.size());
  for (const std::shared_ptr<const InFlightEntry>& entry : entries) {
    requests.push_back({entry->name, absl::Nanoseconds(now - entry->since)});
  }
  return requests;
}

// Names who did not leave within `waited`.
absl::Status StillInside(const InFlightList& list, absl::Duration waited) {
  return StatusOrBareCode(absl::StatusCode::kDeadlineExceeded, [&] {
    size_t count = 0;
    const std::vector<InFlightRequest> named =
        OldestOf(list, kMaxNamed, &count);
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

absl::Status AwaitNoneFor(InFlightList* list, absl::Duration limit) {
  const uint64_t start = DrainNanos();
  if (list->AwaitNone(start + NanosOf(limit))) return absl::OkStatus();
  if (RequestsPassedOver()) {
    return StatusOrBareCode(absl::StatusCode::kAborted, [] {
      return "exit() interrupted a change of its list";
    });
  }
  return StillInside(*list, absl::Nanoseconds(DrainNanos() - start));
}

}  // namespace

// The callback of the finalizer. Reports show its name.
struct AwaitRequests {
  absl::Status operator()() const {
    OpenBelow(ProcessCore(), state->options.phase);
    state->list.Close();
    const absl::Duration time = std::min(
        finalize::ExitTimeLeft(), finalize::GetExitOptions().phase_limit);
    return AwaitNoneFor(&state->list, time * (1 - state->options.later_share));
  }
  std::shared_ptr<InFlightState> state;
};

namespace {

absl::Status Register(const std::shared_ptr<InFlightState>& state) {
  const finalize::Options options = finalize::Options(state->name)
                                        .set_phase(state->options.phase)
                                        .set_place(state->place);
  Refusal refusal = Refusal::kNone;
  const NodeRef finalizer = RegisterNode<Invocation::kOnce>(
      {ProcessCore(), &options, nullptr, &refusal}, AwaitRequests{state});
  if (refusal != Refusal::kNone) return RefusalStatus(refusal);
  state->list.TakeFinalizer(finalizer);
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
  entry_->list->Leave(entry_.get());
  entry_ = nullptr;
}

InFlight::InFlight(std::string_view name, const InFlightOptions& options,
                   CallerPlace place)
    : state_(new finalize_internal::InFlightState{
          std::string(name), options, place.place(), {}}) {
  finalize_internal::CheckOptions(options);
  // If it is refused, Enter tries again, and returns why.
  finalize_internal::Register(state_).IgnoreError();
}

InFlight::~InFlight() { state_->list.Disown(); }

absl::StatusOr<InFlight::Ticket> InFlight::Enter(std::string_view name) {
  using finalize_internal::InFlightEntry;
  using Entry = finalize_internal::InFlightList::Entry;
  std::shared_ptr<InFlightEntry> entry;
  try {
    entry = std::make_shared<InFlightEntry>(
        name.substr(0, finalize_internal::kMaxName),
        std::shared_ptr<finalize_internal::InFlightList>(state_,
                                                         &state_->list));
  } catch (const std::bad_alloc&) {
    return finalize_internal::NoMemory();
  }
  state_->list.MakeOwn();
  for (;;) {
    switch (state_->list.Enter(entry.get())) {
      case Entry::kDone:
        return Ticket(std::move(entry));
      case Entry::kClosed:
        return finalize_internal::StatusOrBareCode(
            absl::StatusCode::kUnavailable, [this] {
              std::string text;
              finalize_internal::AppendQuoted(state_->name, &text);
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
  state_->list.MakeOwn();
  state_->list.Close();
}

absl::Status InFlight::Wait(absl::Time deadline) {
  return finalize_internal::AwaitNoneFor(&state_->list, deadline - absl::Now());
}

bool InFlight::closed() const { return !state_->list.open(); }

size_t InFlight::size() const { return state_->list.size(); }

std::vector<InFlightRequest> InFlight::ByAge(size_t limit) const {
  size_t count = 0;
  return finalize_internal::OldestOf(state_->list, limit, &count);
}

}  // namespace finalize
