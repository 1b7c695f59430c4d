// FinishRemovals: waits for temp dirs that go in the background
// (TempDirOptions::RemoveInBackground).
//
//   dir.Remove();                                  // renamed away
//   absl::Status gone = tempdir::FinishRemovals(absl::Now() +
//   absl::Seconds(5));
//
// For a program that needs the space, or wants to know. exit() waits by itself,
// and so does Create() where the file system is full.
//
// Thread-safe.

#ifndef TEMPDIR_BACKGROUND_REMOVAL_H_
#define TEMPDIR_BACKGROUND_REMOVAL_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/requirements.h"

namespace tempdir {

// Returns when every temp dir that this process put off is gone, or its failure
// has been told; DeadlineExceeded, naming how many are left, where `deadline`
// comes first. OK in a forked child, which has put off nothing.
absl::Status FinishRemovals(absl::Time deadline = absl::InfiniteFuture());

}  // namespace tempdir

#endif  // TEMPDIR_BACKGROUND_REMOVAL_H_
