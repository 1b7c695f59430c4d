// SPDX-License-Identifier: Apache-2.0

// Compiled with -fno-exceptions. docs/cookbook.md quotes it.
#include <cstdio>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/finalizer.h"
#include "finalize/registry.h"
#include "tempdir/temp_dir.h"

absl::Status Main() {
  finalize::Registry& registry = finalize::Registry::Process();
  absl::StatusOr<finalize::Finalizer<>> end =
      registry.TryRegister("end", [] { std::puts("the callback runs"); });
  if (!end.ok()) return end.status();  // refused: it will not run
  auto dir = tempdir::TempDir::Create();
  if (!dir.ok()) return dir.status();
  std::puts("main ends");
  return dir->Remove();
}

int main() {
#ifdef __cpp_exceptions
#error "compile this with -fno-exceptions"
#endif
  return Main().ok() ? 0 : 1;
}
