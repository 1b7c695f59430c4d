// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/marked_section.h"

#include <errno.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace compare {
namespace {

struct Span {
  size_t begin;
  size_t end;
};

absl::Status NoLine(const std::string& line) {
  return absl::NotFoundError(absl::StrCat("has no line \"", line, "\""));
}

absl::StatusOr<Span> FindSection(const std::string& document,
                                 const std::string& name) {
  const std::string first = absl::StrCat("<!-- ", name, ": begin -->");
  const std::string last = absl::StrCat("<!-- ", name, ": end -->");
  const size_t begin = document.find(first + "\n");
  if (begin == std::string::npos) return NoLine(first);
  const size_t start = begin + first.size() + 1;
  const size_t end = document.find(last + "\n", start);
  if (end == std::string::npos) return NoLine(last);
  return Span{start, end};
}

}  // namespace

absl::StatusOr<std::string> MarkedSection(const std::string& document,
                                          const std::string& name) {
  const absl::StatusOr<Span> span = FindSection(document, name);
  if (!span.ok()) return span.status();
  return document.substr(span->begin, span->end - span->begin);
}

absl::StatusOr<std::string> WithMarkedSection(const std::string& document,
                                              const std::string& section,
                                              const std::string& name) {
  const absl::StatusOr<Span> span = FindSection(document, name);
  if (!span.ok()) return span.status();
  return absl::StrCat(document.substr(0, span->begin), section,
                      document.substr(span->end));
}

absl::Status UpdateMarkedSection(const std::string& path,
                                 const std::string& section,
                                 const std::string& name) {
  std::ifstream old(path, std::ios::binary);
  if (!old) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  }
  const std::string document(std::istreambuf_iterator<char>(old), {});
  const absl::StatusOr<std::string> updated =
      WithMarkedSection(document, section, name);
  if (!updated.ok()) {
    return absl::Status(
        updated.status().code(),
        absl::StrCat("\"", path, "\" ", updated.status().message()));
  }
  std::ofstream file(path, std::ios::binary);
  file << *updated << std::flush;
  if (file) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
}

}  // namespace compare
