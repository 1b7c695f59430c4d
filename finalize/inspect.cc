// SPDX-License-Identifier: Apache-2.0

#include "finalize/inspect.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/base/finalizer_text.h"
#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/inspect/registry_stats.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/life/observe.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/registry.h"

namespace finalize {
namespace {

using finalize_internal::AgeText;
using finalize_internal::Core;
using finalize_internal::PendingEntry;
using finalize_internal::RunningEntry;

// Whose data: those of one registry, or, if null, of all.
Core* Only(const Registry& registry) {
  return finalize_internal::RegistryAccess::CoreOf(registry);
}
constexpr Core* kAll = nullptr;

template <class Visit>
void VisitChosen(Core* only, Visit visit) {
  if (only == kAll) {
    finalize_internal::VisitRegistries(visit);
  } else {
    finalize_internal::EnsureCurrent(only);
    visit(only);
  }
}

absl::Duration Nanoseconds(uint64_t nanos) {
  return absl::Nanoseconds(static_cast<int64_t>(nanos));
}

std::vector<PendingEntry> PendingEntries(Core* only) {
  std::vector<PendingEntry> pending;
  VisitChosen(
      only, [&](Core* core) { finalize_internal::AddPending(core, &pending); });
  return pending;
}

std::vector<RunningInfo> RunningOf(Core* only) {
  finalize_internal::observe_flags.fetch_or(finalize_internal::kObserveTimes,
                                            std::memory_order_relaxed);
  std::vector<RunningEntry> entries;
  VisitChosen(
      only, [&](Core* core) { finalize_internal::AddRunning(core, &entries); });
  std::vector<RunningInfo> running;
  const uint64_t now = finalize_internal::DrainNanos();
  for (const RunningEntry& entry : entries) {
    RunningInfo info;
    info.number = entry.number;
    info.name = entry.name;
    info.place = entry.place;
    info.phase = entry.phase;
    if (entry.start != 0) {
      info.elapsed = Nanoseconds(now > entry.start ? now - entry.start : 0);
    }
    running.push_back(std::move(info));
  }
  std::stable_sort(running.begin(), running.end(),
                   [](const RunningInfo& a, const RunningInfo& b) {
                     return a.elapsed > b.elapsed;  // nothing is least
                   });
  return running;
}

// One place: what a header registers in several sources has several pointers
// to one name.
using PlaceKey = std::pair<std::string_view, int>;

PlaceKey KeyOf(const Place& place) {
  return {place.file != nullptr ? place.file : "", place.line};
}

std::vector<PendingPlace> PlacesOf(Core* only) {
  std::map<PlaceKey, PendingPlace> places;
  const std::vector<PendingEntry> pending = PendingEntries(only);
  const uint64_t now = finalize_internal::NowNanos();
  for (const PendingEntry& entry : pending) {
    PendingPlace& place = places[KeyOf(entry.place)];
    place.place = entry.place;
    ++place.count;
    place.oldest =
        std::max(place.oldest,
                 Nanoseconds(now > entry.sequence ? now - entry.sequence : 0));
  }
  std::vector<PendingPlace> sorted;
  for (auto& [key, place] : places) sorted.push_back(place);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const PendingPlace& a, const PendingPlace& b) {
                     return a.count > b.count;
                   });
  return sorted;
}

std::vector<Info> OldestOf(Core* only, size_t limit) {
  std::vector<PendingEntry> pending = PendingEntries(only);
  std::sort(pending.begin(), pending.end(),
            [](const PendingEntry& a, const PendingEntry& b) {
              return a.sequence < b.sequence;
            });
  std::vector<Info> oldest;
  for (const PendingEntry& entry : pending) {
    if (oldest.size() == limit) break;
    std::optional<Info> info;
    if (finalize_internal::Peek(entry.ref, &info)) {
      oldest.push_back(*std::move(info));
    }
  }
  return oldest;
}

Counters CountersOf(Core* only) {
  finalize_internal::Counts counts;
  VisitChosen(only, [&](Core* core) {
    finalize_internal::AddCounts(core, only == kAll, &counts);
  });
  return {counts.registered, counts.runs, counts.detached, counts.failed,
          counts.inherited};
}

// Appends a heading and at most `limit` lines, indented.
template <class T>
void AppendLines(std::string_view heading, const std::vector<T>& lines,
                 size_t limit, std::string* text) {
  absl::StrAppend(text, std::string(heading), ":",
                  lines.empty() ? " nothing" : "", "\n");
  for (size_t i = 0; i < lines.size() && i < limit; ++i) {
    absl::StrAppend(text, "  ", lines[i].ToString(), "\n");
  }
  if (lines.size() > limit) {
    absl::StrAppend(text, "  and ", lines.size() - limit, " more\n");
  }
}

std::string TextOf(Core* only, size_t limit) {
  const std::vector<PendingPlace> places = PlacesOf(only);
  size_t pending = 0;
  for (const PendingPlace& place : places) pending += place.count;
  std::string text =
      absl::StrCat(CountersOf(only).ToString(), ", ", pending, " pending\n");
  AppendLines("running", RunningOf(only), limit, &text);
  AppendLines("pending by place", places, limit, &text);
  AppendLines("oldest pending", OldestOf(only, limit), limit, &text);
  return text;
}

}  // namespace

std::string RunningInfo::ToString() const {
  return absl::StrCat("#", number, " phase ", phase,
                      elapsed ? " for " + AgeText(*elapsed) : "",
                      finalize_internal::FinalizerText(place, name, ""));
}

std::string PendingPlace::ToString() const {
  return absl::StrCat(count, ", the oldest +", AgeText(oldest), ",",
                      finalize_internal::FinalizerText(place, "", ""));
}

std::string Counters::ToString() const {
  return absl::StrCat(registered, " registered, ", run, " run, ", detached,
                      " detached, ", failed, " failed, ", inherited,
                      " inherited");
}

std::vector<RunningInfo> Running() { return RunningOf(kAll); }
std::vector<RunningInfo> Running(const Registry& registry) {
  return RunningOf(Only(registry));
}

std::vector<PendingPlace> PendingByPlace() { return PlacesOf(kAll); }
std::vector<PendingPlace> PendingByPlace(const Registry& registry) {
  return PlacesOf(Only(registry));
}

std::vector<Info> PendingByAge(size_t limit) { return OldestOf(kAll, limit); }
std::vector<Info> PendingByAge(const Registry& registry, size_t limit) {
  return OldestOf(Only(registry), limit);
}

Counters Count() { return CountersOf(kAll); }
Counters Count(const Registry& registry) { return CountersOf(Only(registry)); }

std::string DebugText(size_t limit) { return TextOf(kAll, limit); }
std::string DebugText(const Registry& registry, size_t limit) {
  return TextOf(Only(registry), limit);
}

}  // namespace finalize
