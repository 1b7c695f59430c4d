// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/summary.h"
#include "examples/compare/scenarios/selection.h"
#include "nlohmann/json.hpp"

namespace compare {
namespace {

using Json = nlohmann::ordered_json;

Json EndingJson(Ending ending) {
  if (ending.signal != 0) return Json{{"signal", ToString(ending)}};
  return Json{{"exit", ending.exit_code}};
}

Json CellJson(const Scenario& scenario, const Cell& cell) {
  Json json;
  constexpr const char* kStates[] = {"removed", "left", "no result",
                                     "not played"};
  json["state"] = kStates[cell.outcome()];
  if (cell.outcome() == Cell::kRemoved) {
    json["removed"] = cell.stage;
    json["taken_from_parent"] = cell.taken(scenario);
    json["milliseconds"] = absl::ToDoubleMilliseconds(cell.after);
  }
  if (!cell.refusal.empty()) json["refusal"] = cell.refusal;
  json["files"] = cell.content.files;
  json["directories"] = cell.content.directories;
  json["bytes"] = cell.content.bytes;
  if (cell.outcome() != Cell::kNotPlayed) {
    json["ending"] = EndingJson(cell.process.ending);
  }
  json["stdout"] = cell.process.output;
  json["stderr"] = cell.process.errors;
  json["why"] = WhyWords(cell);
  json["as_expected"] = cell.problems.empty();
  json["problems"] = cell.problems;
  return json;
}

Json RowJson(const Row& row) {
  Json json;
  json["name"] = row.scenario->name;
  json["group"] = GroupOf(*row.scenario).name;
  json["title"] = row.scenario->title;
  json["what"] = row.scenario->what;
  json["ending"] = EndingJson(row.scenario->ending);
  for (const Cell& cell : row.cells) {
    json["cells"][cell.column->id] = CellJson(*row.scenario, cell);
  }
  return json;
}

}  // namespace

std::string FormatJson(const Comparison& comparison) {
  Json json;
  json["columns"] = Json::array();
  for (const Column* column : comparison.columns) {
    json["columns"].push_back({{"id", column->id},
                               {"title", column->title},
                               {"about", column->about}});
  }
  json["scenarios"] = Json::array();
  for (const Row& row : comparison.rows) {
    json["scenarios"].push_back(RowJson(row));
  }
  json["summary"] = Summarize(comparison);
  // A path in a message need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace compare
