// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/spool.h"

#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tempdir/reap.h"
#include "tempdir/temp_dir.h"
#include "tempdir/temp_dir_options.h"

namespace spool_service {
namespace {

void Say(const std::string& text) {
  std::fprintf(stderr, "spool_service: %s\n", text.c_str());
}

absl::Status Refused(const std::string& spool, const absl::Status& why) {
  return absl::Status(
      why.code(),
      absl::StrCat("--spool=", spool, " cannot be used: ", why.message()));
}

absl::Status CreateAndRemove(const std::string& spool) {
  absl::StatusOr<tempdir::TempDir> directory = tempdir::TempDir::Create(
      tempdir::TempDirOptions().set_parent(spool).set_prefix("try-"));
  return directory.ok() ? directory->Remove() : directory.status();
}

}  // namespace

absl::Status ReapSpool(const std::string& spool) {
  const absl::StatusOr<tempdir::ReapReport> report = tempdir::Reap(spool);
  if (absl::IsFailedPrecondition(report.status())) {
    Say(absl::StrCat("nothing was reaped: ", report.status().message()));
    return absl::OkStatus();
  }
  if (!report.ok()) return Refused(spool, report.status());
  const size_t removed = report->Count(tempdir::ReapOutcome::kRemoved);
  if (removed > 0) {
    Say(absl::StrCat("reaped ", removed, " directories in ", spool));
  }
  return absl::OkStatus();
}

absl::Status TrySpool(const std::string& spool) {
  const absl::Status tried = CreateAndRemove(spool);
  if (tried.ok()) return tried;
  if (!absl::IsResourceExhausted(tried)) return Refused(spool, tried);
  Say(absl::StrCat("no upload fits at present: ", tried.message()));
  return absl::OkStatus();
}

}  // namespace spool_service
