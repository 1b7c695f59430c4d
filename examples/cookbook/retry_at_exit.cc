// SPDX-License-Identifier: Apache-2.0

// A clean-up that failed, and is tried again at exit. docs/cookbook.md quotes
// it.
#include <cstdio>

#include "absl/status/status.h"
#include "finalize/finalizer.h"
#include "finalize/registry.h"

int attempts = 0;

absl::Status Upload() {
  if (++attempts == 1) return absl::UnavailableError("no network");
  std::printf("attempt %d: uploaded\n", attempts);
  return absl::OkStatus();
}

int main() {
  finalize::Finalizer<absl::Status> upload =
      finalize::Registry::Process().RegisterRetryable("upload", Upload);
  absl::Status status = upload.Run().value_or(absl::OkStatus());
  std::printf("attempt %d: %s\n", attempts, status.ToString().c_str());
  std::printf("still pending: %s\n", upload.alive() ? "yes" : "no");
}
