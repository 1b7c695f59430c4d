// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/play/progress.h"

#include <iostream>

#include "absl/strings/str_cat.h"

namespace compare {
namespace {

constexpr char kBeginning[] = "\r\033[K";  // of the line, emptied

}  // namespace

Progress::Progress(size_t cells, bool on_terminal)
    : cells_(cells), on_terminal_(on_terminal) {}

Progress::~Progress() {
  if (on_terminal_) std::cerr << kBeginning << std::flush;
}

void Progress::Show(const Scenario& scenario, const Column& column,
                    size_t done) {
  std::cerr << absl::StrCat(on_terminal_ ? kBeginning : "", done, "/", cells_,
                            " ", scenario.name, ", ", column.title,
                            on_terminal_ ? "" : "\n")
            << std::flush;
}

}  // namespace compare
