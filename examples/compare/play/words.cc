// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/play/words.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace compare {
namespace {

std::string LeftWords(const Content& content, Detail detail) {
  if (detail == Detail::kState) return "LEFT";
  const std::string what =
      content.files != 0
          ? Count(content.files, "file", "files")
          : Count(content.directories, "directory", "directories");
  if (detail == Detail::kWhat) return absl::StrCat("LEFT ", what);
  return absl::StrCat("LEFT ", what, ", ", ByteWords(content.bytes));
}

}  // namespace

std::string Count(uint64_t number, const char* one, const char* many) {
  return absl::StrCat(number, " ", number == 1 ? one : many);
}

std::string ByteWords(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  const char* const units[] = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  const char* const* unit = units;
  for (; value >= 1024 && unit != &units[3]; ++unit) value /= 1024;
  return absl::StrFormat("%.1f %s", value, *unit);
}

std::string TimeWords(absl::Duration time) {
  const double seconds = absl::ToDoubleSeconds(time);
  if (seconds < 0.01) return absl::StrFormat("%.1f ms", seconds * 1000);
  if (seconds < 1) return absl::StrFormat("%.0f ms", seconds * 1000);
  return absl::StrFormat("%.1f s", seconds);
}

std::string DiskWords(const Cell& cell, Detail detail) {
  if (cell.outcome() == Cell::kNotPlayed) return "-";
  if (cell.outcome() == Cell::kNoResult) return "no result";
  if (cell.left()) return LeftWords(cell.content, detail);
  if (detail == Detail::kState) return "removed";
  if (detail == Detail::kWhat) return absl::StrCat("removed ", cell.stage);
  return absl::StrCat("removed ", cell.stage, ", ", TimeWords(cell.after));
}

std::string WhyWords(const Cell& cell) {
  return cell.refusal.empty()
             ? cell.expected->why
             : absl::StrCat("Not played on this machine: ", cell.refusal, ".");
}

std::string CellWords(const Scenario& scenario, const Cell& cell,
                      Detail detail) {
  std::string words = DiskWords(cell, detail);
  if (cell.outcome() == Cell::kNotPlayed) return words;
  if (cell.process.ending != scenario.ending && !cell.process.killed) {
    absl::StrAppend(&words, "; ", ToString(cell.process.ending));
  }
  return words;
}

}  // namespace compare
