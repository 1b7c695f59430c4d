// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/spot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace spool_service {

std::optional<Spot> FindSpot(int top, const char* path) {
  std::vector<std::string> parts;
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  Spot spot{Descriptor(fcntl(top, F_DUPFD_CLOEXEC, 0)), ""};
  for (size_t i = 0;; ++i) {
    if (spot.directory.get() < 0) return std::nullopt;
    if (i == parts.size()) return spot;
    if (i + 1 == parts.size()) {
      spot.name = parts[i];
      return spot;
    }
    const int parent = spot.directory.get();
    const char* const name = parts[i].c_str();
    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST) {
      return std::nullopt;
    }
    spot =
        Spot{Descriptor(openat(parent, name,
                               O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)),
             ""};
  }
}

}  // namespace spool_service
