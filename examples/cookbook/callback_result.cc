// SPDX-License-Identifier: Apache-2.0

// A clean-up whose caller wants to know how it went. docs/cookbook.md quotes
// it.
#include <cstdio>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "finalize/at_exit.h"
#include "finalize/finalizer.h"

absl::Status Commit(const std::string& table) {
  if (table == "orders") return absl::OkStatus();
  return absl::UnavailableError(table + " is locked");
}

void Report(const finalize::Finalizer<absl::Status>& commit) {
  if (std::optional<absl::Status> status = commit.Run()) {
    std::printf("it ran just now: %s\n", status->ToString().c_str());
  } else {
    std::puts("it ran before, or was canceled");
  }
}

int main() {
  finalize::Finalizer<absl::Status> orders =
      finalize::AtExit("commit", Commit, std::string("orders"));
  finalize::Finalizer<absl::Status> users =
      finalize::AtExit("commit", Commit, std::string("users"));
  Report(orders);
  Report(orders);
  Report(users);
}
