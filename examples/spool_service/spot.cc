// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/spot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace spool_service {
namespace {

Descriptor OpenDirectory(int parent, const char* name) {
  return Descriptor(
      openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// As FindSpot, for one part of a path.
Descriptor OpenOrCreate(int parent, const char* name, size_t* creatable) {
  Descriptor there = OpenDirectory(parent, name);
  if (there.get() >= 0 || errno != ENOENT || creatable == nullptr) return there;
  if (*creatable == 0) {
    errno = E2BIG;
    return Descriptor(-1);
  }
  if (mkdirat(parent, name, 0700) != 0) return Descriptor(-1);
  --*creatable;
  return OpenDirectory(parent, name);
}

}  // namespace

std::vector<std::string> PartsOf(absl::string_view path) {
  std::vector<std::string> parts;
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  return parts;
}

std::optional<Spot> FindSpot(int top, const char* path, size_t* creatable) {
  std::vector<std::string> parts = PartsOf(path);
  Spot spot{Descriptor(fcntl(top, F_DUPFD_CLOEXEC, 0)), ""};
  if (!parts.empty()) {
    spot.name = std::move(parts.back());
    parts.pop_back();
  }
  for (const std::string& part : parts) {
    if (spot.directory.get() < 0) return std::nullopt;
    spot.directory =
        OpenOrCreate(spot.directory.get(), part.c_str(), creatable);
  }
  if (spot.directory.get() < 0) return std::nullopt;
  return spot;
}

}  // namespace spool_service
