// SPDX-License-Identifier: Apache-2.0

// What the bodies of the scenarios are made of: a temp dir of either style
// with something in it, and checks.
//
//   template <class Dir>
//   int ScopeEnd() {
//     {
//       Dir dir = MakeDir<Dir>();
//       Stage("at scope end");
//     }
//     Stage("at exit");
//     return 0;
//   }
#ifndef EXAMPLES_COMPARE_SUBJECT_OWNER_H_
#define EXAMPLES_COMPARE_SUBJECT_OWNER_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/compare/others/mkdtemp/temp_dir.h"
#include "examples/compare/subject/stage.h"
#include "finalize/at_exit.h"
#include "tempdir/destructor_temp_dir.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/temp_dir_options.h"

namespace compare {

using D = tempdir::DestructorTempDir;
using F = tempdir::FinalizerTempDir;

// The plain class around mkdtemp(), with the interface of the other two.
class M {
 public:
  static absl::StatusOr<M> Create(const tempdir::TempDirOptions&) {
    try {
      return M();
    } catch (const std::system_error& error) {
      return absl::ErrnoToStatus(error.code().value(), error.what());
    }
  }
  absl::Status Remove() {
    const std::error_code error = dir_.Remove();
    return error ? absl::ErrnoToStatus(error.value(), error.message())
                 : absl::OkStatus();
  }
  bool removed() const { return dir_.path().empty(); }
  const std::filesystem::path& path() const { return dir_.path(); }

 private:
  M() = default;

  others::TempDir dir_;
};

// The exit status of a scenario that could not be played.
inline constexpr int kNotPlayed = 70;

// Says what is wrong and ends the process at once, with kNotPlayed.
[[noreturn]] void Fail(const std::string& what);
void Check(bool condition, const std::string& what);
void CheckOk(const absl::Status& status);

// The tree that temp dirs get a copy of; "" for three small files.
void SetFill(const std::string& from);

// Puts the content into a new temp dir and watches it.
void Furnish(const std::string& path);

template <class Dir>
Dir MakeDir() {
  absl::StatusOr<Dir> dir = Dir::Create(tempdir::TempDirOptions());
  CheckOk(dir.status());
  Furnish(dir->path().string());
  return *std::move(dir);
}

// Registers a callback for exit: with the library, unless `Dir` is not its.
template <class Dir>
void CallAtExit(const char* name, void (*callback)()) {
  if constexpr (std::is_same_v<Dir, M>) {
    Check(std::atexit(callback) == 0, "atexit");
  } else {
    finalize::AtExit(name, callback);
  }
}

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SUBJECT_OWNER_H_
