// SPDX-License-Identifier: Apache-2.0

#include "scratch.h"

#include <utility>
#include <vector>

#include "tempdir/temp_dir.h"

namespace consumer {

std::string NewScratchDir() {
  auto created = tempdir::TempDir::Create();
  if (!created.ok()) return "";
  static std::vector<tempdir::TempDir> dirs;
  dirs.push_back(*std::move(created));
  return dirs.back().path().string();
}

}  // namespace consumer
