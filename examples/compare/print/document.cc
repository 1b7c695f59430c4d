// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/document.h"

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "examples/compare/play/cell.h"
#include "examples/compare/play/words.h"
#include "examples/compare/print/format.h"
#include "examples/compare/print/marked_section.h"

namespace compare {
namespace {

// Why something was not played that can be played; empty if everything was.
std::string WhatIsMissing(const Comparison& comparison) {
  if (!comparison.left_out.empty()) return comparison.left_out.front();
  for (const Row& row : comparison.rows) {
    for (const Cell& cell : row.cells) {
      if (!cell.refusal.empty()) {
        return absl::StrCat(row.scenario->name, " cannot be played on this ",
                            "machine: ", cell.refusal);
      }
    }
  }
  return "";
}

}  // namespace

absl::Status UpdateDocument(const std::string& path,
                            const Comparison& comparison) {
  if (const std::string missing = WhatIsMissing(comparison); !missing.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " has everything: ", missing));
  }
  if (!absl::EndsWith(path, ".html")) {
    absl::Status status;
    for (const bool own : {true, false}) {
      status.Update(UpdateMarkedSection(
          path, FormatMarkdown(WithColumns(comparison, own)),
          own ? kOwnSection : kOthersSection));
    }
    return status;
  }
  std::ofstream file(path, std::ios::binary);
  file << FormatHtml(comparison, Detail::kWhat) << std::flush;
  if (!file) return absl::UnknownError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace compare
