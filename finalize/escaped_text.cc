// SPDX-License-Identifier: Apache-2.0

#include "finalize/escaped_text.h"

#include "finalize/internal/base/escape.h"

namespace finalize {

std::string EscapedText(std::string_view name) {
  std::string text;
  finalize_internal::AppendEscaped(name, &text);
  return text;
}

std::string QuotedText(std::string_view name) {
  std::string text;
  finalize_internal::AppendQuoted(name, &text);
  return text;
}

std::string OneLine(std::string_view message) {
  std::string text;
  finalize_internal::AppendPrintable(message, &text);
  return text;
}

}  // namespace finalize
