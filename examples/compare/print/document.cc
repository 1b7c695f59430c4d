// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/document.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
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

bool IsPage(const std::string& path) { return absl::EndsWith(path, ".html"); }

absl::Status CheckSections(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string document(std::istreambuf_iterator<char>(file), {});
  for (const char* const section : {kOwnSection, kOthersSection}) {
    const absl::Status found = MarkedSection(document, section).status();
    if (!found.ok()) {
      return absl::Status(found.code(),
                          absl::StrCat("\"", path, "\" ", found.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckDocument(const std::string& path) {
  struct stat seen;
  const bool exists = stat(path.c_str(), &seen) == 0;
  if (exists && !S_ISREG(seen.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat("\"", path, "\" is not a file"));
  }
  // A page that is not there is made.
  const bool is_new = !exists && errno == ENOENT && IsPage(path);
  const std::string directory = std::filesystem::path(path).parent_path();
  const int usable =
      is_new ? access(directory.empty() ? "." : directory.c_str(), W_OK | X_OK)
             : access(path.c_str(), R_OK | W_OK);
  if (usable != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("\"", path, "\""));
  }
  return IsPage(path) ? absl::OkStatus() : CheckSections(path);
}

absl::Status UpdateDocument(const std::string& path,
                            const Comparison& comparison) {
  if (const std::string missing = WhatIsMissing(comparison); !missing.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " has everything: ", missing));
  }
  if (!IsPage(path)) {
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
  if (file) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
}

}  // namespace compare
