// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/print/output_format.h"

#include <utility>

namespace compare {
namespace {

constexpr std::pair<OutputFormat, const char*> kNames[] = {
    {OutputFormat::kTable, "table"},
    {OutputFormat::kMarkdown, "markdown"},
    {OutputFormat::kJson, "json"},
    {OutputFormat::kHtml, "html"},
};

}  // namespace

bool AbslParseFlag(absl::string_view text, OutputFormat* format,
                   std::string* error) {
  for (const auto& [value, name] : kNames) {
    if (text == name) {
      *format = value;
      return true;
    }
  }
  *error = "it is table, markdown, json or html";
  return false;
}

std::string AbslUnparseFlag(OutputFormat format) {
  for (const auto& [value, name] : kNames) {
    if (value == format) return name;
  }
  return "";
}

}  // namespace compare
