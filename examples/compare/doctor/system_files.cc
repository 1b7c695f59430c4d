// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/system_files.h"

#include <errno.h>
#include <string.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "examples/compare/doctor/system_text.h"

namespace compare {

std::string SystemFiles::Read(const std::string& path) {
  errno = 0;
  std::optional<std::string> text = TextOf(system_ + path);
  if (!text) Note(path, errno);
  return std::move(text).value_or("");
}

std::vector<std::string> SystemFiles::List(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(system_ + path, error);
  while (!error && entries != std::filesystem::directory_iterator()) {
    names.push_back(entries->path().filename().string());
    entries.increment(error);
  }
  Note(path, error.value());
  return names;
}

bool SystemFiles::IsDirectory(const std::string& path) const {
  std::error_code error;
  return std::filesystem::is_directory(system_ + path, error);
}

void SystemFiles::Note(const std::string& path, int error) {
  if (error == 0 || error == ENOENT || error == ENOTDIR) return;
  absl::StrAppend(&unread_, unread_.empty() ? "" : ", ", path, " (",
                  strerror(error), ")");
}

}  // namespace compare
