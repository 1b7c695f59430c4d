// SPDX-License-Identifier: Apache-2.0

// A place below an open directory, which no symbolic link leads away from.
#ifndef EXAMPLES_SPOOL_SERVICE_SPOT_H_
#define EXAMPLES_SPOOL_SERVICE_SPOT_H_

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace spool_service {

// An open file, or none.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// Where an entry is put: a name in an open directory.
struct Spot {
  Descriptor directory;
  std::string name;  // empty: the directory itself
};

// The parts of a path, without those that mean nothing: "a", "b" of "./a//b/".
std::vector<std::string> PartsOf(absl::string_view path);

// Opens the directory of `path` below `top`, without following a link. Creates
// what is missing, and subtracts that from `*creatable`; creates nothing if
// `creatable` is null. Returns nothing, and errno says why, if that fails:
// E2BIG if it would have to create more.
//
// Paths alone would not do: in a crash the temp dir gets another name, and
// whoever created its path once more would leave that behind.
std::optional<Spot> FindSpot(int top, const char* path, size_t* creatable);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_SPOT_H_
