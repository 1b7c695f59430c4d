// SPDX-License-Identifier: Apache-2.0

// The page as JSON.
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "examples/spool_service/pages/debug_pages.h"
#include "nlohmann/json.hpp"

namespace spool_service {
namespace {

using finalize::Info;
using finalize::Place;
using finalize::RunningInfo;
using Json = nlohmann::ordered_json;

Json PlaceJson(const Place& place) {
  if (place.file == nullptr) return nullptr;
  return Json{{"file", place.file}, {"line", place.line}};
}

Json InfoJson(const Info& info) {
  return Json{{"number", info.number},
              {"name", info.name},
              {"phase", info.phase},
              {"at_exit", info.at_exit},
              {"age_seconds", absl::ToDoubleSeconds(info.age)},
              {"callback", info.callback}};
}

Json GroupJson(const PendingGroup& group) {
  Json entries = Json::array();
  for (const Info& info : group.entries) entries.push_back(InfoJson(info));
  return Json{{"place", PlaceJson(group.place)},
              {"count", group.count},
              {"oldest_seconds", absl::ToDoubleSeconds(group.oldest)},
              {"entries", std::move(entries)}};
}

Json RunningJson(const RunningInfo& info) {
  Json json{{"number", info.number},
            {"name", info.name},
            {"phase", info.phase},
            {"place", PlaceJson(info.place)},
            {"elapsed_seconds", nullptr}};
  if (info.elapsed) {
    json["elapsed_seconds"] = absl::ToDoubleSeconds(*info.elapsed);
  }
  return json;
}

Json FailureJson(const Failure& failure) {
  const finalize::ReportEntry& entry = failure.entry;
  return Json{{"time", absl::ToUnixMillis(failure.when) / 1000.0},
              {"number", entry.number},
              {"name", entry.name},
              {"phase", entry.phase},
              {"place", PlaceJson(entry.place)},
              {"status", entry.status.ToString()},
              {"text", entry.ToString()}};
}

}  // namespace

std::string DebugJson(const ProcessState& state) {
  Json json{{"pid", state.pid},
            {"time", absl::ToUnixMillis(state.when) / 1000.0},
            {"counters",
             {{"registered", state.counters.registered},
              {"run", state.counters.run},
              {"detached", state.counters.detached},
              {"failed", state.counters.failed},
              {"inherited", state.counters.inherited}}},
            {"running", Json::array()},
            {"in_flight",
             {{"count", state.in_flight},
              {"closed", state.closed},
              {"requests", Json::array()}}},
            {"pending", {{"count", state.pending}, {"places", Json::array()}}},
            {"failed", {{"count", state.failed}, {"latest", Json::array()}}}};
  for (const RunningInfo& info : state.running) {
    json["running"].push_back(RunningJson(info));
  }
  for (const finalize::InFlightRequest& request : state.requests) {
    json["in_flight"]["requests"].push_back(
        {{"name", request.name},
         {"age_seconds", absl::ToDoubleSeconds(request.age)}});
  }
  for (const PendingGroup& group : state.groups) {
    json["pending"]["places"].push_back(GroupJson(group));
  }
  for (const Failure& failure : state.failures) {
    json["failed"]["latest"].push_back(FailureJson(failure));
  }
  // Names are bytes: what is not UTF-8 becomes U+FFFD.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace spool_service
