// FinishRemovals waits for temp dirs that are being removed in the background
// (TempDirOptions::RemoveInBackground).
//
//   dir.Remove();  // only renames it
//   absl::Status removed =
//       tempdir::FinishRemovals(absl::Now() + absl::Seconds(5));
//
// It is for a program that needs the space, or wants to know. exit() waits by
// itself, and so does Create() if the file system is full.
//
// Thread-safe.

#ifndef TEMPDIR_BACKGROUND_REMOVAL_H_
#define TEMPDIR_BACKGROUND_REMOVAL_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/internal/base/requirements.h"

namespace tempdir {

// Waits until every temp dir that this process removes in the background has
// been removed, or its failure has been reported. Returns DeadlineExceeded,
// with the number of those that remain, if `deadline` comes first. Returns OK
// in a forked child, which inherits none.
absl::Status FinishRemovals(absl::Time deadline = absl::InfiniteFuture());

}  // namespace tempdir

#endif  // TEMPDIR_BACKGROUND_REMOVAL_H_
