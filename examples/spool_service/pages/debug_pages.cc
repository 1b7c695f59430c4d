// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/pages/debug_pages.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "finalize/failure_reporter.h"

namespace spool_service {
namespace {

using finalize::Info;
using finalize::Place;

using PlaceKey = std::pair<std::string_view, int>;

PlaceKey KeyOf(const Place& place) {
  return {place.file != nullptr ? place.file : "", place.line};
}

std::vector<PendingGroup> GroupsOfProcess(size_t limit) {
  std::vector<PendingGroup> groups;
  for (const finalize::PendingPlace& place : finalize::PendingByPlace()) {
    groups.push_back({place.place, place.count, place.oldest, {}});
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const PendingGroup& a, const PendingGroup& b) {
                     return a.oldest > b.oldest;
                   });
  std::map<PlaceKey, PendingGroup*> by_place;
  for (PendingGroup& group : groups) by_place[KeyOf(group.place)] = &group;
  for (Info& info : finalize::PendingByAge(limit)) {
    // A page must not be the last owner of anything for longer than it needs.
    info.referent.reset();
    // Registered since the places were counted: the next page shows it.
    const auto found = by_place.find(KeyOf(info.place));
    if (found == by_place.end()) continue;
    found->second->entries.push_back(std::move(info));
  }
  // Others may have been registered or have run between the two questions.
  for (PendingGroup& group : groups) {
    group.count = std::max(group.count, group.entries.size());
  }
  return groups;
}

}  // namespace

// --- FailureLog ---

FailureLog::FailureLog(size_t limit)
    : entries_(std::make_shared<Entries>(limit)) {}

void FailureLog::Install(finalize::FailureReporter next) {
  finalize::SetFailureReporter([entries = entries_, next = std::move(next)](
                                   const finalize::ReportEntry& entry) {
    AddTo(*entries, entry, absl::Now());
    if (next != nullptr) {
      next(entry);
    } else {
      finalize::ReportFailure(entry);  // in a reporter: the default one
    }
  });
}

void FailureLog::Add(const finalize::ReportEntry& entry, absl::Time when) {
  AddTo(*entries_, entry, when);
}

void FailureLog::AddTo(Entries& entries, const finalize::ReportEntry& entry,
                       absl::Time when) {
  std::lock_guard<std::mutex> lock(entries.mutex);
  ++entries.added;
  entries.kept.push_front({when, entry});
  if (entries.kept.size() > entries.limit) entries.kept.pop_back();
}

std::vector<Failure> FailureLog::Newest() const {
  std::lock_guard<std::mutex> lock(entries_->mutex);
  return {entries_->kept.begin(), entries_->kept.end()};
}

size_t FailureLog::added() const {
  std::lock_guard<std::mutex> lock(entries_->mutex);
  return entries_->added;
}

// --- the state ---

ProcessState InspectProcess(const DebugOptions& options) {
  ProcessState state;
  state.when = absl::Now();
  state.pid = getpid();
  state.counters = finalize::Count();
  state.groups = GroupsOfProcess(options.entries);
  for (const PendingGroup& group : state.groups) state.pending += group.count;
  state.running = finalize::Running();
  if (options.requests != nullptr) {
    state.in_flight = options.requests->size();
    state.requests = options.requests->ByAge(options.entries);
    state.in_flight = std::max(state.in_flight, state.requests.size());
    state.closed = options.requests->closed();
  }
  if (options.failures != nullptr) {
    state.failures = options.failures->Newest();
    state.failed = std::max(options.failures->added(), state.failures.size());
  }
  return state;
}

}  // namespace spool_service
