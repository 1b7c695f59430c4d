// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/subject/owner.h"

#include <unistd.h>

#include <iostream>

#include "examples/compare/subject/content.h"
#include "finalize/escaped_text.h"

namespace compare {
namespace {

std::string& FillFrom() {
  static auto& from = *new std::string;
  return from;
}

}  // namespace

void Fail(const std::string& what) {
  std::cerr << "cannot be played: " << finalize::OneLine(what) << std::endl;
  _exit(kNotPlayed);
}

void Check(bool condition, const std::string& what) {
  if (!condition) Fail(what);
}

void CheckOk(const absl::Status& status) {
  if (!status.ok()) Fail(status.ToString());
}

void SetFill(const std::string& from) { FillFrom() = from; }

void Furnish(const std::string& path) {
  CheckOk(Fill(path, FillFrom()));
  Watch(path);
}

}  // namespace compare
