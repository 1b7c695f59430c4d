// SPDX-License-Identifier: Apache-2.0

// two_temp_dirs: a temporary directory that its destructor removes, and one
// that a finalizer removes, when the object is destroyed or at exit, whichever
// comes first. Each shows the idea only: tempdir/ has both for real use, and
// compare_tempdirs plays many more cases.
//
// Prints:
//
//   with a destructor:
//     Remove(): the tree is removed; removed() is true
//     again: removed() is true
//     end of scope: the tree is removed
//     one that is never destroyed
//   with a finalizer:
//     Remove(): the tree is removed; removed() is true
//     again: removed() is true
//     end of scope: the tree is removed
//     one that is never destroyed
//   exit: the tree is removed
//   left on disk: 1
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "finalize/at_exit.h"
#include "finalize/finalizer.h"
#include "finalize/lifetime.h"
#include "tempdir/finalizer_temp_dir.h"
#include "tempdir/remove_tree.h"

namespace {

// Where both create their directories. It is never destroyed: exit removes it,
// last of all.
const std::string& Base() {
  static auto& base = *new auto(tempdir::FinalizerTempDir::Create().value());
  static auto& path = *new std::string(base.path().string());
  return path;
}

std::string MakeDirectory() {
  std::string name = Base() + "/XXXXXX";
  if (mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

absl::Status RemoveDirectory(const std::string& name) {
  std::printf(" the tree is removed");
  return tempdir::RemoveTree(name);
}

// Removed with its object, and never if the object is never destroyed.
class DestructorDir {
 public:
  DestructorDir() : name_(MakeDirectory()) {}
  ~DestructorDir() { Remove().IgnoreError(); }
  DestructorDir(const DestructorDir&) = delete;
  DestructorDir& operator=(const DestructorDir&) = delete;

  absl::Status Remove() {
    if (removed()) return absl::OkStatus();
    absl::Status status = RemoveDirectory(name_);
    if (status.ok()) name_.clear();
    return status;
  }
  bool removed() const { return name_.empty(); }

 private:
  std::string name_;
};

// Removed with its object, or at exit. The finalizer knows the name, not the
// object.
class FinalizerDir {
 public:
  FinalizerDir()
      : finalizer_(finalize::OnDestroy(lifetime_, "remove directory",
                                       RemoveDirectory, MakeDirectory())) {}

  absl::Status Remove() { return finalizer_.Run().value_or(absl::OkStatus()); }
  bool removed() const { return !finalizer_.alive(); }

 private:
  finalize::Lifetime lifetime_;
  finalize::Finalizer<absl::Status> finalizer_;
};

template <class Dir>
Dir* leaked;

template <class Dir>
void Show(const char* title) {
  std::printf("%s:\n", title);
  Dir dir;
  std::printf("  Remove():");
  bool ok = dir.Remove().ok();
  std::printf("; removed() is %s\n", ok && dir.removed() ? "true" : "false");
  std::printf("  again:");
  ok = dir.Remove().ok();
  std::printf(" removed() is %s\n", ok && dir.removed() ? "true" : "false");
  {
    Dir scoped;
    std::printf("  end of scope:");
  }
  std::printf("\n  one that is never destroyed\n");
  leaked<Dir> = new Dir;
}

// Registered first, so it runs after the finalizers of the directories.
void ShowWhatIsLeft() {
  std::filesystem::directory_iterator left(Base());
  std::printf("\nleft on disk: %d\n",
              static_cast<int>(std::distance(begin(left), end(left))));
}

}  // namespace

int main() {
  Base();
  finalize::AtExit("show what is left", ShowWhatIsLeft);
  Show<DestructorDir>("with a destructor");
  Show<FinalizerDir>("with a finalizer");
  std::printf("exit:");
}
