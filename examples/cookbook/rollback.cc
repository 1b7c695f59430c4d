// SPDX-License-Identifier: Apache-2.0

// Steps that are undone unless all succeed. docs/cookbook.md quotes it.
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "finalize/registry.h"

void Undo(const std::string& step) {
  std::printf("  undo: %s\n", step.c_str());
}

absl::Status Do(const std::string& step, bool works) {
  std::printf("  %s: %s\n", step.c_str(), works ? "done" : "failed");
  return works ? absl::OkStatus() : absl::UnavailableError(step);
}

absl::Status Install(bool disk_is_full) {
  finalize::Registry undo;  // its destructor runs what is pending
  for (const std::string step : {"create directory", "add user"}) {
    absl::Status status = Do(step, true);
    if (!status.ok()) return status;
    undo.Register("undo " + step, Undo, step);
  }
  absl::Status status = Do("copy files", !disk_is_full);
  if (!status.ok()) return status;  // undoes both, the newest first
  undo.CancelAll();                 // commit: nothing is undone
  return absl::OkStatus();
}

int main() {
  for (bool disk_is_full : {true, false}) {
    std::puts("install");
    std::printf("  %s\n", Install(disk_is_full).ToString().c_str());
  }
}
