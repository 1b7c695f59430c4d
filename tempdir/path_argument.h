// SPDX-License-Identifier: Apache-2.0

// PathArgument: a parameter that takes a path in any of its usual types.
//
// `boost::filesystem::path`, `std::filesystem::path`, `std::string`,
// `std::string_view` and string literals all convert to it. Callers need no
// further header:
//
//   absl::Status RemoveTree(PathArgument root);
//   RemoveTree("/tmp/x");
//   RemoveTree(std::filesystem::temp_directory_path() / "x");
//
// Lifetime: it refers to the caller's characters. Use it for parameters only.
#ifndef TEMPDIR_PATH_ARGUMENT_H_
#define TEMPDIR_PATH_ARGUMENT_H_

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "finalize/internal/base/requirements.h"

namespace tempdir {

class PathArgument {
 public:
  PathArgument(const char* path) : text_(path) {}
  PathArgument(std::string_view path) : text_(path) {}
  PathArgument(const std::string& path) : text_(path) {}

  // Accepts any path type whose `native()` is a std::string:
  // std::filesystem::path and boost::filesystem::path.
  template <class Path,
            class = std::enable_if_t<std::is_same_v<
                std::decay_t<decltype(std::declval<const Path&>().native())>,
                std::string>>>
  PathArgument(const Path& path) : text_(path.native()) {}

  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace tempdir

#endif  // TEMPDIR_PATH_ARGUMENT_H_
