// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/play/comparison.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "examples/compare/play/child.h"
#include "examples/compare/play/problems.h"
#include "examples/compare/subject/place.h"
#include "examples/compare/subject/stage.h"
#include "tempdir/remove_tree.h"

namespace compare {
namespace {

namespace fs = std::filesystem;

// Finds when the directory was removed: in the last stage at whose beginning it
// still existed, or after the end of the process. A reaper process may be
// faster than the tool: it has then removed what the process would have left.
void FindRemoval(const Scenario& scenario, bool left_by_process, Cell* cell) {
  const Column& column = *cell->column;
  if (column.rescue != nullptr &&
      (left_by_process ||
       ExpectationFor(scenario, *FindColumn(column.extends)).left())) {
    cell->stage = column.rescue;
    cell->after = absl::Nanoseconds(MonotonicNanos() - cell->process.ended);
    return;
  }
  const std::vector<Mark>& marks = cell->process.marks;
  const auto last = std::find_if(marks.rbegin(), marks.rend(),
                                 [](const Mark& m) { return m.present != 0; });
  if (last == marks.rend()) return;
  cell->stage = last->stage;
  const int64_t end =
      last == marks.rbegin() ? cell->process.ended : std::prev(last)->nanos;
  cell->after = absl::Nanoseconds(end - last->nanos);
}

// Why the machine refused to play it; empty where it did not.
std::string Refusal(const Scenario& scenario, const ProcessResult& process) {
  absl::string_view said = process.errors;
  if (scenario.place == Place::kAnyDirectory ||
      process.ending != Exits(kRefused) ||
      !absl::ConsumePrefix(&said, kRefusedWords)) {
    return "";
  }
  return std::string(absl::StripAsciiWhitespace(said));
}

absl::Status Play(const ComparisonOptions& options, const Scenario& scenario,
                  Cell* cell) {
  cell->expected = &ExpectationFor(scenario, *cell->column);
  if (cell->outcome() == Cell::kNotPlayed) return absl::OkStatus();
  const fs::path home = fs::path(options.directory) /
                        absl::StrCat(scenario.name, ".", cell->column->id);
  const fs::path parent = home / "tmp";
  // Not what is above: a signal may have removed that.
  std::error_code error;
  fs::create_directory(home, error);
  if (!error) fs::create_directory(parent, error);
  // Whatever the umask: no reaper works where every user may rename.
  if (!error) fs::permissions(parent, fs::perms::owner_all, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(),
                               absl::StrCat("mkdir ", parent.string()));
  }
  ProcessRequest request;
  std::vector<std::string> command;
  if (cell->column->style == Style::kOtherLanguage) {
    command = CommandFor(options.others, scenario, *cell->column);
  }
  if (command.empty() || scenario.place != Place::kAnyDirectory) {
    request.program = options.program;
    request.arguments =
        ChildArguments(scenario, *cell->column, options.fill, command);
  } else {
    request.program = command.front();
    request.arguments.assign(command.begin() + 1, command.end());
  }
  request.temp_directory = parent.string();
  request.output_directory = home.string();
  request.limit = options.limit;
  absl::StatusOr<ProcessResult> process = RunProcess(request);
  if (!process.ok()) return process.status();
  cell->process = *std::move(process);
  cell->refusal = Refusal(scenario, cell->process);
  const bool left = !Measure(parent).empty();
  if (cell->column->afterwards != nullptr &&
      scenario.place == Place::kAnyDirectory) {
    cell->column->afterwards(parent.string());
  }
  cell->content = Measure(parent);
  if (cell->content.empty()) FindRemoval(scenario, left, cell);
  cell->problems = FindProblems(scenario, *cell);
  return tempdir::RemoveTree(home);
}

// Hands out the cells to the threads that play them, in the order of the table.
class Work {
 public:
  Work(const ComparisonOptions& options, Comparison* comparison)
      : options_(options), comparison_(comparison) {}

  // Plays cells until there are no more. Called on each thread.
  void Run() {
    while (std::optional<Task> task = Next()) {
      const absl::Status status = Play(options_, *task->scenario, task->cell);
      std::lock_guard<std::mutex> lock(mutex_);
      ++done_;
      status_.Update(status);
    }
  }

  absl::Status status() const { return status_; }

 private:
  struct Task {
    const Scenario* scenario;
    Cell* cell;
  };

  std::optional<Task> Next() {
    std::lock_guard<std::mutex> lock(mutex_);
    const size_t columns = comparison_->columns.size();
    if (!status_.ok() || next_ == comparison_->rows.size() * columns) {
      return std::nullopt;
    }
    Row& row = comparison_->rows[next_ / columns];
    Cell* const cell = &row.cells[next_ % columns];
    ++next_;
    if (options_.progress) {
      options_.progress(*row.scenario, *cell->column, done_);
    }
    return Task{row.scenario, cell};
  }

  const ComparisonOptions& options_;
  Comparison* const comparison_;
  std::mutex mutex_;
  size_t next_ = 0;
  size_t done_ = 0;
  absl::Status status_;
};

Comparison EmptyComparison(const ComparisonOptions& options) {
  Comparison comparison;
  comparison.columns = options.columns;
  comparison.left_out = options.others.missing;
  for (const Scenario* scenario : options.scenarios) {
    Row row;
    row.scenario = scenario;
    for (const Column* column : options.columns) {
      row.cells.emplace_back().column = column;
    }
    comparison.rows.push_back(std::move(row));
  }
  return comparison;
}

}  // namespace

Comparison WithColumns(const Comparison& comparison, bool own) {
  Comparison part;
  for (const Column* column : comparison.columns) {
    if (column->own() == own) part.columns.push_back(column);
  }
  for (const Row& row : comparison.rows) {
    Row& part_row = part.rows.emplace_back();
    part_row.scenario = row.scenario;
    for (const Cell& cell : row.cells) {
      if (cell.column->own() == own) part_row.cells.push_back(cell);
    }
  }
  return part;
}

absl::StatusOr<Comparison> Compare(const ComparisonOptions& options) {
  Comparison comparison = EmptyComparison(options);
  Work work(options, &comparison);
  const size_t jobs = std::min(static_cast<size_t>(options.jobs),
                               comparison.rows.size() * options.columns.size());
  std::vector<std::thread> threads;
  try {
    while (threads.size() + 1 < jobs) {
      threads.emplace_back([&work] { work.Run(); });
    }
  } catch (const std::system_error&) {
    // The system has no more: those that there are do the work.
  }
  work.Run();
  for (std::thread& thread : threads) thread.join();
  if (!work.status().ok()) return work.status();
  return comparison;
}

std::vector<std::string> AllProblems(const Comparison& comparison) {
  std::vector<std::string> problems;
  for (const Row& row : comparison.rows) {
    for (const Cell& cell : row.cells) {
      for (const std::string& problem : cell.problems) {
        problems.push_back(absl::StrCat(row.scenario->name, ", ",
                                        cell.column->title, ": ", problem));
      }
    }
  }
  return problems;
}

}  // namespace compare
