// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/html_markup.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace compare {
namespace {

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(
      absl::string_view(text.data(), text.size()),
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
