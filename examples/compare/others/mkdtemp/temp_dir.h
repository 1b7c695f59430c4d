// SPDX-License-Identifier: Apache-2.0

// TempDir: the class that many projects have, around mkdtemp(). It uses nothing
// of this library.
#ifndef EXAMPLES_COMPARE_OTHERS_MKDTEMP_TEMP_DIR_H_
#define EXAMPLES_COMPARE_OTHERS_MKDTEMP_TEMP_DIR_H_

#include <errno.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace others {

class TempDir {
 public:
  TempDir() {
    std::string name = std::filesystem::temp_directory_path() / "plain-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), "mkdtemp");
    }
    path_ = name;
  }
  ~TempDir() { Remove(); }

  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&& other) noexcept {
    if (this != &other) {
      Remove();
      path_ = std::exchange(other.path_, {});
    }
    return *this;
  }

  // After an error it still owns the directory.
  std::error_code Remove() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
    if (!error) path_.clear();
    return error;
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;  // empty if it owns none
};

}  // namespace others

#endif  // EXAMPLES_COMPARE_OTHERS_MKDTEMP_TEMP_DIR_H_
