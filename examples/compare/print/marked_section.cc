// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/marked_section.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace compare {
namespace {

constexpr char kBegin[] = "<!-- comparison: begin -->\n";
constexpr char kEnd[] = "<!-- comparison: end -->\n";

struct Span {
  size_t begin;
  size_t end;
};

absl::StatusOr<Span> FindSection(const std::string& document) {
  const size_t begin = document.find(kBegin);
  if (begin == std::string::npos) return absl::NotFoundError(kBegin);
  const size_t start = begin + sizeof kBegin - 1;
  const size_t end = document.find(kEnd, start);
  if (end == std::string::npos) return absl::NotFoundError(kEnd);
  return Span{start, end};
}

}  // namespace

absl::StatusOr<std::string> MarkedSection(const std::string& document) {
  const absl::StatusOr<Span> span = FindSection(document);
  if (!span.ok()) return span.status();
  return document.substr(span->begin, span->end - span->begin);
}

absl::StatusOr<std::string> WithMarkedSection(const std::string& document,
                                              const std::string& section) {
  const absl::StatusOr<Span> span = FindSection(document);
  if (!span.ok()) return span.status();
  return absl::StrCat(document.substr(0, span->begin), section,
                      document.substr(span->end));
}

absl::Status UpdateMarkedSection(const std::string& path,
                                 const std::string& section) {
  std::ifstream old(path, std::ios::binary);
  if (!old) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  const std::string document(std::istreambuf_iterator<char>(old), {});
  const absl::StatusOr<std::string> updated =
      WithMarkedSection(document, section);
  if (!updated.ok()) return updated.status();
  std::ofstream file(path, std::ios::binary);
  file << *updated << std::flush;
  if (!file) return absl::UnknownError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace compare
