// SPDX-License-Identifier: Apache-2.0

// Two reaper processes (tempdir/reaper_process.h): one waits for the end of
// with_tempdir, one for that of the command. So the directory is removed
// whichever of the two ends last, and however it ends.

#ifndef EXAMPLES_WITH_TEMPDIR_REAPER_H_
#define EXAMPLES_WITH_TEMPDIR_REAPER_H_

#include <string>

#include "absl/status/status.h"

namespace with_tempdir {

// Starts a reaper process for `parent`, which works when the calling process
// has ended. It runs this program, which begins with
// tempdir::RunAsReaperProcess.
absl::Status StartReaper(const std::string& parent);

}  // namespace with_tempdir

#endif  // EXAMPLES_WITH_TEMPDIR_REAPER_H_
