// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/removal_failure.h"

#include <cstdlib>
#include <exception>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "finalize/cause.h"
#include "finalize/failure_reporter.h"
#include "finalize/report.h"

namespace tempdir_internal {
namespace {

void Report(const OwnedDirectory& directory, const char* what,
            const absl::Status& status) noexcept {
  finalize::ReportEntry entry;
  entry.name = what;  // short: no allocation
  entry.place = directory.options().place();
  entry.cause = finalize::Cause::Kind::kDestroy;
  entry.outcome = finalize::ReportEntry::Outcome::kFailed;
  entry.status = status;
  finalize::ReportFailure(entry);
}

// The exception being handled.
absl::Status Thrown() noexcept {
  try {
    try {
      throw;
    } catch (const std::exception& e) {
      return absl::UnknownError(absl::StrCat("exception: ", e.what()));
    } catch (...) {
      return absl::UnknownError("an exception of no known type");
    }
  } catch (const std::bad_alloc&) {
    return absl::Status(absl::StatusCode::kUnknown, "");
  }
}

void Tell(const OwnedDirectory& directory,
          const absl::Status& status) noexcept {
  try {
    directory.options().failure_callback()(directory.path(), status);
  } catch (...) {
    Report(directory, "failure callback", Thrown());
  }
}

[[noreturn]] void Crash(const OwnedDirectory& directory,
                        const absl::Status& status) {
  Report(directory, TaskOf(directory),
         WithFate(directory, status, "the process aborts, as asked for"));
  std::abort();
}

}  // namespace

absl::Status WithFate(const OwnedDirectory& directory,
                      const absl::Status& status,
                      std::string_view fate) noexcept {
  if (directory.lost()) return status;
  try {
    return absl::Status(
        status.code(),
        absl::StrCat(status.message(), "; ",
                     absl::string_view(fate.data(), fate.size())));
  } catch (const std::bad_alloc&) {
    return status;
  }
}

void HandleFailure(const OwnedDirectory& directory, const absl::Status& status,
                   std::string_view fate) noexcept {
  if (directory.options().failure_callback() != nullptr) {
    Tell(directory, status);
  } else if (directory.options().crash_on_failure()) {
    Crash(directory, status);
  } else {
    Report(directory, TaskOf(directory), WithFate(directory, status, fate));
  }
}

void HandleFailureInDrain(const OwnedDirectory& directory,
                          const absl::Status& status) noexcept {
  if (directory.options().failure_callback() != nullptr) {
    Tell(directory, status);
  } else if (directory.options().crash_on_failure()) {
    Crash(directory, status);
  }
}

}  // namespace tempdir_internal
