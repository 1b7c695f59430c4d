// SPDX-License-Identifier: Apache-2.0

// The two styles of temp dir, for tests of what both promise.

#ifndef TESTS_SUPPORT_TEMP_DIR_STYLES_H_
#define TESTS_SUPPORT_TEMP_DIR_STYLES_H_

#include <atomic>
#include <string>
#include <type_traits>
#include <utility>

#include "gtest/gtest.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tests/support/temp_dir_fixture.h"

namespace finalize_test {

using Styles =
    testing::Types<tempdir::DestructorTempDir, tempdir::FinalizerTempDir>;

struct StyleName {
  template <class Dir>
  static std::string GetName(int) {
    return std::is_same_v<Dir, tempdir::DestructorTempDir> ? "Destructor"
                                                           : "Finalizer";
  }
};

// Creates a temp dir, or ends the test program.
template <class Dir>
Dir Make(tempdir::TempDirOptions options = {}) {
  absl::StatusOr<Dir> dir = Dir::Create(std::move(options));
  if (!dir.ok()) {
    fprintf(stderr, "no temp dir: %s\n", dir.status().ToString().c_str());
    abort();
  }
  return *std::move(dir);
}

// Never destroys the temp dir. It stays reachable, so that leak checkers do not
// report it.
template <class Dir>
Dir* Abandon(Dir dir) {
  struct Link {
    Dir dir;
    Link* next;
  };
  static std::atomic<Link*> links{nullptr};
  auto* link = new Link{std::move(dir), nullptr};
  link->next = links.exchange(link);
  return &link->dir;
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_TEMP_DIR_STYLES_H_
