// SPDX-License-Identifier: Apache-2.0

// The configuration of a system.
#ifndef EXAMPLES_COMPARE_DOCTOR_SYSTEM_FILES_H_
#define EXAMPLES_COMPARE_DOCTOR_SYSTEM_FILES_H_

#include <string>
#include <utility>
#include <vector>

namespace compare {

// Reads files below the directory `system` ("" for this machine), and remembers
// what is there and cannot be read.
class SystemFiles {
 public:
  explicit SystemFiles(std::string system) : system_(std::move(system)) {}

  // The text of the file at `path`; "" if there is none.
  std::string Read(const std::string& path);
  // The names in the directory at `path`; none if it is not there.
  std::vector<std::string> List(const std::string& path);
  bool IsDirectory(const std::string& path) const;

  // "/etc/tmpfiles.d (Permission denied)", separated by commas; "" if all could
  // be read.
  const std::string& unread() const { return unread_; }

 private:
  void Note(const std::string& path, int error);

  std::string system_;
  std::string unread_;
};

}  // namespace compare

#endif  // EXAMPLES_COMPARE_DOCTOR_SYSTEM_FILES_H_
