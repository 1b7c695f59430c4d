// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "examples/compare/doctor/doctor.h"
#include "examples/compare/print/text_layout.h"
#include "finalize/escaped_text.h"
#include "nlohmann/json.hpp"

namespace compare {
namespace {

using Json = nlohmann::ordered_json;

// As wide as the longest verdict.
constexpr size_t kVerdictWidth = 8;
// "means: ".
constexpr size_t kLabelWidth = 7;

const char* VerdictName(Verdict verdict) {
  constexpr const char* kNames[] = {"holds", "note", "weaker", "fails"};
  return kNames[static_cast<int>(verdict)];
}

std::string Labeled(const char* label, const std::string& text, size_t width) {
  if (text.empty()) return "";
  constexpr size_t kIndent = kVerdictWidth + kLabelWidth;
  // A path cannot forge a line.
  return absl::StrCat(std::string(kVerdictWidth, ' '),
                      Padded(label, kLabelWidth),
                      Wrap(finalize::OneLine(text), width, kIndent));
}

std::string Result(const Diagnosis& diagnosis) {
  std::vector<std::string> weaker;
  for (const Finding& finding : diagnosis.findings) {
    if (finding.verdict == Verdict::kHolds) continue;
    if (finding.verdict == Verdict::kNote) continue;
    weaker.push_back(finding.name);
  }
  if (weaker.empty()) return "Everything that the library needs holds here.";
  return absl::StrCat("Not everything that the library needs holds here: ",
                      absl::StrJoin(weaker, ", "), ".");
}

}  // namespace

std::string FormatDiagnosis(const Diagnosis& diagnosis, size_t width) {
  std::string text =
      absl::StrCat("Temp dirs in ", finalize::OneLine(diagnosis.parent), " (",
                   diagnosis.system, ")\n\n");
  for (const Finding& finding : diagnosis.findings) {
    absl::StrAppend(&text, Padded(VerdictName(finding.verdict), kVerdictWidth),
                    finding.name, "\n", Labeled("found:", finding.found, width),
                    Labeled("means:", finding.meaning, width),
                    Labeled("do:", finding.advice, width));
  }
  return absl::StrCat(text, "\n", Wrap(Result(diagnosis), width, 0));
}

std::string FormatDiagnosisJson(const Diagnosis& diagnosis) {
  Json json;
  json["parent"] = diagnosis.parent;
  json["system"] = diagnosis.system;
  json["holds"] = diagnosis.holds();
  json["findings"] = Json::array();
  for (const Finding& finding : diagnosis.findings) {
    json["findings"].push_back({{"name", finding.name},
                                {"verdict", VerdictName(finding.verdict)},
                                {"found", finding.found},
                                {"meaning", finding.meaning},
                                {"advice", finding.advice}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace compare
