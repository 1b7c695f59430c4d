// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/subject/content.h"

#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace compare {
namespace {

namespace fs = std::filesystem;

void CopyTree(const fs::path& from, const fs::path& to) {
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(from)) {
    const fs::path copy = to / entry.path().lexically_relative(from);
    if (entry.is_symlink()) {
      fs::copy_symlink(entry.path(), copy);
    } else if (entry.is_directory()) {
      fs::create_directory(copy);
    } else if (entry.is_regular_file()) {
      fs::copy_file(entry.path(), copy);
    }
  }
}

void WriteFile(const fs::path& path) {
  std::ofstream file;
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file.open(path, std::ios::binary);
  file << std::string(kFileBytes, 'x');
  file.close();
}

}  // namespace

absl::Status Fill(const fs::path& directory, const fs::path& from) {
  try {
    if (!from.empty()) {
      CopyTree(from, directory);
      return absl::OkStatus();
    }
    fs::create_directory(directory / "part");
    WriteFile(directory / "index");
    WriteFile(directory / "part/1");
    WriteFile(directory / "part/2");
  } catch (const std::system_error& error) {
    return absl::UnknownError(
        absl::StrCat("cannot fill ", directory.string(), ": ", error.what()));
  }
  return absl::OkStatus();
}

Content Measure(const fs::path& directory) {
  Content content;
  std::error_code error;
  // What is being removed meanwhile ends the walk early.
  for (fs::recursive_directory_iterator
           i(directory, fs::directory_options::skip_permission_denied, error),
       end;
       i != end; i.increment(error)) {
    const fs::directory_entry& entry = *i;
    if (entry.is_directory(error) && !entry.is_symlink(error)) {
      ++content.directories;
      continue;
    }
    ++content.files;
    if (entry.is_regular_file(error) && !entry.is_symlink(error)) {
      content.bytes += entry.file_size(error);
    }
  }
  return content;
}

}  // namespace compare
