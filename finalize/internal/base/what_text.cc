#include "finalize/internal/base/what_text.h"

#include "absl/strings/str_cat.h"
#include "finalize/internal/base/escape.h"

namespace finalize_internal {

std::string WhatText(finalize::Place place, const std::string& name,
                     const std::string& callback) {
  std::string text;
  if (place.file != nullptr) {
    text += ' ';
    AppendEscaped(place.file, &text);
    absl::StrAppend(&text, ":", place.line);
  }
  if (!name.empty()) {
    text += ' ';
    AppendQuoted(name, &text);
  }
  if (!callback.empty()) {
    text += ' ';
    AppendPrintable(callback, &text);
  }
  return text;
}

}  // namespace finalize_internal
