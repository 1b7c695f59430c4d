// SPDX-License-Identifier: Apache-2.0

// Destination: a name under which a temp dir or a temp file is published.
//
// Its directory is opened once, so the check and the move mean the same place.
// A move is one system call and replaces nothing (move_entry.h); a move to
// another file system fails.
//
// Movable, not copyable. Thread-compatible (const calls may run concurrently).

#ifndef TEMPDIR_INTERNAL_OWNED_DESTINATION_H_
#define TEMPDIR_INTERNAL_OWNED_DESTINATION_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tempdir/internal/system/move_entry.h"

namespace tempdir_internal {

class Destination {
 public:
  // Returns InvalidArgument if `path` does not end with a name, or ends with
  // the name of a root, which a reaper would remove; any other error is that of
  // opening the directory that it is in.
  static absl::StatusOr<Destination> Open(std::string_view path);

  Destination(Destination&& other) noexcept;
  Destination& operator=(Destination&&) = delete;
  ~Destination();

  // Moves the entry here. Returns AlreadyExists if there is one here.
  absl::Status Receive(const MovedEntry& entry) const;
  // Exchanges the entry for the one here. Returns NotFound if there is none,
  // and FailedPrecondition if it is of another type.
  absl::Status Exchange(const MovedEntry& entry) const;
  // Links the file without a name that is open at `fd` here. Returns
  // AlreadyExists if there is an entry here.
  absl::Status Link(int fd) const;

  // Absolute.
  const std::string& path() const { return path_; }

 private:
  Destination(int directory, std::string path, std::string name);

  int directory_;
  std::string path_;
  std::string name_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_DESTINATION_H_
