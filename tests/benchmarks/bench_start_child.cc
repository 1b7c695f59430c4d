// SPDX-License-Identifier: Apache-2.0

// A process that does nothing, for process_benchmark.cc. It is linked with what
// the library stands on, and WITH_FINALIZE with the library as well.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "boost/filesystem.hpp"
#ifdef WITH_FINALIZE
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "tempdir/finalizer_temp_dir.h"
#endif

namespace {

// Never called, so that all of it is linked and nothing of it used.
int Use(const std::string& path) {
  boost::system::error_code error;
  boost::filesystem::remove_all(path, error);
  const absl::StatusOr<int> status = absl::NotFoundError(absl::StrFormat(
      "%s: %s at %s", path, error.message(), absl::FormatTime(absl::Now())));
#ifdef WITH_FINALIZE
  finalize::AtExit([] {});
  if (!finalize::InstallExitHooks().ok()) return 1;
  if (!tempdir::FinalizerTempDir::Create().ok()) return 2;
#endif
  return status.ok() ? 3 : 4;
}

}  // namespace

int main(int argc, char** argv) { return argc > 99 ? Use(argv[1]) : 0; }
