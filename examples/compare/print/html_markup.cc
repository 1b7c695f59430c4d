// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/html_markup.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "finalize/escaped_text.h"

namespace compare {
namespace {

// What no page may contain: bytes that are not UTF-8, and control characters
// other than the ends of lines.
std::string Printable(std::string_view text) {
  std::vector<std::string> lines;
  for (const absl::string_view line :
       absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    lines.push_back(
        finalize::OneLine(std::string_view(line.data(), line.size())));
  }
  return absl::StrJoin(lines, "\n");
}

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(
      Printable(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string OpenTag(std::string_view name, const Attributes& attributes) {
  std::string tag = absl::StrCat("<", std::string(name));
  for (const auto& [attribute, value] : attributes) {
    if (value.empty()) continue;
    absl::StrAppend(&tag, " ", std::string(attribute), "=\"", Escaped(value),
                    "\"");
  }
  return tag;
}

}  // namespace

Html Text(std::string_view text) { return Html::Constant(Escaped(text)); }

Html Element(std::string_view name, const Attributes& attributes,
             const Html& content) {
  return Html::Constant(absl::StrCat(OpenTag(name, attributes), ">",
                                     content.source(), "</", std::string(name),
                                     ">"));
}

Html EmptyElement(std::string_view name, const Attributes& attributes) {
  return Html::Constant(absl::StrCat(OpenTag(name, attributes), " />"));
}

Html Block(std::string_view name, const Attributes& attributes,
           const Html& content) {
  return Element(name, attributes, content) + Html::Constant("\n");
}

}  // namespace compare
