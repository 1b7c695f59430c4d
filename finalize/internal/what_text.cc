#include "finalize/internal/what_text.h"

#include "absl/strings/str_cat.h"
#include "finalize/internal/describe.h"

namespace finalize_internal {

std::string WhatText(finalize::Place place, const std::string& name,
                     const std::string& callback) {
  std::string text;
  if (place.file != nullptr) {
    absl::StrAppend(&text, " ", place.file, ":", place.line);
  }
  if (!name.empty()) {
    text += ' ';
    AppendQuoted(name, &text);
  }
  if (!callback.empty()) absl::StrAppend(&text, " ", callback);
  return text;
}

}  // namespace finalize_internal
