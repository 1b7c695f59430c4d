// SPDX-License-Identifier: Apache-2.0

#include "tests/benchmarks/bench_row.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace bench {
namespace {

std::string Amount(double value, const std::string& unit) {
  if (value == 0) return "";
  const int digits = value < 10 ? 2 : value < 1000 ? 1 : 0;
  return absl::StrFormat("%.*f %s", digits, value, unit);
}

std::string Limit(const Row& row, double limit) {
  if (limit == 0) return "";
  if (row.peer.empty()) return absl::StrFormat("%g", limit);
  return absl::StrFormat("%gx", limit);
}

std::array<std::string, 10> Cells(const Row& row) {
  const bool compared = !row.skipped && !row.peer.empty();
  return {
      row.id,
      row.what,
      Amount(row.ours, row.unit),
      row.peer,
      Amount(row.theirs, row.unit),
      compared ? absl::StrFormat("%.2fx", row.ratio.median) : "",
      row.skipped ? "" : absl::StrFormat("%.0f%%", 100 * row.ratio.Spread()),
      Limit(row, row.bar),
      Limit(row, row.aim),
      VerdictName(row.verdict())};
}

// Without ".0".
std::string Short(double value, const std::string& unit) {
  std::string text = absl::StrFormat("%.1f", value);
  if (absl::EndsWith(text, ".0")) text.resize(text.size() - 2);
  return absl::StrCat(text, " ", unit);
}

// Code stays as it is: Markdown would take its angle brackets for a tag.
std::string Name(const std::string& peer) {
  return absl::StrContains(peer, '<') ? absl::StrCat("`", peer, "`") : peer;
}

// The bar, and whether it was missed.
std::string Judged(const Row& row) {
  const std::string bar =
      row.peer.empty() ? Short(row.bar, row.unit) : Limit(row, row.bar);
  switch (row.verdict()) {
    case Row::kMissed:
      return bar + " missed";
    case Row::kUnclear:
      return bar + " too noisy";
    default:
      return bar;
  }
}

}  // namespace

const char* VerdictName(Row::Verdict verdict) {
  switch (verdict) {
    case Row::kShown:
      return "";
    case Row::kMet:
      return "met";
    case Row::kMissed:
      return "MISSED";
    case Row::kUnclear:
      return "too noisy";
    case Row::kSkipped:
      return "skipped";
  }
  return "";
}

Row::Verdict Row::verdict() const {
  if (skipped) return kSkipped;
  if (bar == 0) return kShown;
  if (ratio.high <= bar) return kMet;
  return ratio.low > bar ? kMissed : kUnclear;
}

nlohmann::json ToJson(const Row& row) {
  return {{"id", row.id},
          {"what", row.what},
          {"peer", row.peer},
          {"unit", row.unit},
          {"ours", row.ours},
          {"theirs", row.theirs},
          {"ratio",
           {{"median", row.ratio.median},
            {"low", row.ratio.low},
            {"high", row.ratio.high},
            {"lower_quartile", row.ratio.lower_quartile},
            {"upper_quartile", row.ratio.upper_quartile},
            {"count", row.ratio.count}}},
          {"bar", row.bar},
          {"aim", row.aim},
          {"skipped", row.skipped},
          {"detail", row.detail},
          {"verdict", VerdictName(row.verdict())},
          {"note", row.note}};
}

Row FromJson(const nlohmann::json& json) {
  Row row;
  json.at("id").get_to(row.id);
  json.at("what").get_to(row.what);
  json.at("peer").get_to(row.peer);
  json.at("unit").get_to(row.unit);
  json.at("ours").get_to(row.ours);
  json.at("theirs").get_to(row.theirs);
  const nlohmann::json& ratio = json.at("ratio");
  ratio.at("median").get_to(row.ratio.median);
  ratio.at("low").get_to(row.ratio.low);
  ratio.at("high").get_to(row.ratio.high);
  ratio.at("lower_quartile").get_to(row.ratio.lower_quartile);
  ratio.at("upper_quartile").get_to(row.ratio.upper_quartile);
  ratio.at("count").get_to(row.ratio.count);
  json.at("bar").get_to(row.bar);
  json.at("aim").get_to(row.aim);
  json.at("skipped").get_to(row.skipped);
  json.at("detail").get_to(row.detail);
  json.at("note").get_to(row.note);
  return row;
}

void PrintTable(const std::vector<Row>& rows, std::ostream& out) {
  constexpr std::array<bool, 10> kRight = {false, false, true, false, true,
                                           true,  true,  true, true,  false};
  std::vector<std::array<std::string, 10>> lines = {
      {"row", "what", "ours", "against", "peer", "ratio", "spread", "bar",
       "aim", "verdict"}};
  for (const Row& row : rows) {
    if (!row.detail) lines.push_back(Cells(row));
  }
  std::array<size_t, 10> widths = {};
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  for (const auto& line : lines) {
    std::string text;
    for (size_t i = 0; i < line.size(); ++i) {
      const int width = static_cast<int>(widths[i]);
      absl::StrAppendFormat(&text, "%*s  ", kRight[i] ? width : -width,
                            line[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << "\n";
  }

  std::map<Row::Verdict, int> counts;
  for (const Row& row : rows) {
    if (row.detail) continue;
    ++counts[row.verdict()];
    if (!row.note.empty()) {
      out << "  " << row.id << " " << row.what << ": " << row.note << "\n";
    }
  }
  out << counts[Row::kMet] << " met, " << counts[Row::kMissed] << " missed, "
      << counts[Row::kUnclear] << " too noisy to tell, "
      << counts[Row::kSkipped] << " skipped\n";
}

void PrintMarkdown(const std::vector<Row>& rows, std::ostream& out) {
  out << "| | what | beside | ratio | bar |\n|---|---|---|---|---|\n";
  for (const Row& row : rows) {
    if (row.detail || row.skipped || row.bar == 0) continue;
    out << "| " << row.id << " | " << row.what << " | " << Name(row.peer)
        << " | "
        << (row.peer.empty() ? Short(row.ours, row.unit)
                             : absl::StrFormat("%.2fx", row.ratio.median))
        << " | " << Judged(row) << " |\n";
  }
}

}  // namespace bench
