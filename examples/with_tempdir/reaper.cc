// SPDX-License-Identifier: Apache-2.0

#include "examples/with_tempdir/reaper.h"

#include "tempdir/reaper_process.h"

namespace with_tempdir {

absl::Status StartReaper(const std::string& parent) {
  tempdir::ReaperProcessOptions options;
  options.program = "/proc/self/exe";
  options.parents = {parent};
  return tempdir::StartReaperProcess(options);
}

}  // namespace with_tempdir
