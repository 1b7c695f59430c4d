#include "tempdir/internal/owned/moved_from.h"

namespace tempdir_internal {

const boost::filesystem::path& NoPath() {
  static const auto* const path = new boost::filesystem::path;
  return *path;
}

}  // namespace tempdir_internal
