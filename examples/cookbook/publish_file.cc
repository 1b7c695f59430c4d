// SPDX-License-Identifier: Apache-2.0

// Replaces a file in one step: readers see the old one or the new one, and a
// failure leaves no other file behind. docs/cookbook.md quotes it.
#include <errno.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tempdir/temp_dir_options.h"
#include "tempdir/temp_file.h"

absl::Status Publish(std::string_view text, const std::filesystem::path& to) {
  auto file = tempdir::TempFile::Create(
      tempdir::TempDirOptions().set_parent(to.parent_path()).set_mode(0644));
  if (!file.ok()) return file.status();
  absl::Status written = file->Write(text);
  if (!written.ok()) return written;  // the temp file is removed
  if (fsync(file->fd()) != 0) return absl::ErrnoToStatus(errno, "fsync");
  return file->Keep(to, tempdir::IfExists::kExchange).status();
}  // what was there before is removed

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  for (const char* text : {"first", "second"}) {
    if (absl::Status done = Publish(text, argv[1]); !done.ok()) {
      std::fprintf(stderr, "%s\n", done.ToString().c_str());
      return 1;
    }
    std::string line;
    std::getline(std::ifstream(argv[1]), line);
    std::printf("published: %s\n", line.c_str());
  }
}
