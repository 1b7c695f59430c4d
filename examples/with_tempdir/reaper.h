// Two reaper processes (tempdir/reaper_process.h): one waits for the end of
// with_tempdir, one for that of the command. Whichever of the two ends last,
// and however, somebody removes the directory.

#ifndef EXAMPLES_WITH_TEMPDIR_REAPER_H_
#define EXAMPLES_WITH_TEMPDIR_REAPER_H_

#include <string>

#include "absl/status/status.h"

namespace with_tempdir {

// Has what is left in `parent` removed when the calling process has ended. The
// program is this one, which begins with tempdir::RunAsReaperProcess.
absl::Status StartReaper(const std::string& parent);

}  // namespace with_tempdir

#endif  // EXAMPLES_WITH_TEMPDIR_REAPER_H_
