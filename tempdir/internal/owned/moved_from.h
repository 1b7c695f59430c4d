// What a moved-from temp dir answers.

#ifndef TEMPDIR_INTERNAL_OWNED_MOVED_FROM_H_
#define TEMPDIR_INTERNAL_OWNED_MOVED_FROM_H_

#include "absl/status/status.h"
#include "boost/filesystem/path.hpp"

namespace tempdir_internal {

const boost::filesystem::path& NoPath();

inline absl::Status MovedFrom() {
  return absl::FailedPreconditionError(
      "owns no temporary directory: it was moved from");
}

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_MOVED_FROM_H_
