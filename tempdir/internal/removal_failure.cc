#include "tempdir/internal/removal_failure.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "finalize/lifetime.h"
#include "finalize/options.h"
#include "finalize/registry.h"

namespace tempdir_internal {
namespace {

// Runs `callback` as the end of an object would: what it throws or returns
// goes to the failure reporter.
template <class F>
void RunReported(const OwnedDirectory& directory, F callback) {
  finalize::Registry registry;
  finalize::Lifetime lifetime;
  registry.OnDestroy(
      lifetime,
      finalize::Options("remove temp dir").At(directory.options().place()),
      std::move(callback));
}

[[noreturn]] void Crash(const OwnedDirectory& directory,
                        const absl::Status& status) {
  const std::string line =
      absl::StrCat("finalize: cannot remove the temporary directory ",
                   directory.path().native(), ": ", status.ToString(), "\n");
  (void)!write(STDERR_FILENO, line.data(), line.size());
  std::abort();
}

void Tell(const OwnedDirectory& directory, const absl::Status& status) {
  RunReported(directory, [&directory, &status] {
    directory.options().failure_callback()(directory.path(), status);
  });
}

}  // namespace

void HandleFailure(const OwnedDirectory& directory,
                   const absl::Status& status) noexcept {
  if (directory.options().failure_callback() != nullptr) {
    Tell(directory, status);
    return;
  }
  RunReported(directory, [&status] { return status; });
  if (directory.options().on_failure() == tempdir::OnFailure::kCrash) {
    Crash(directory, status);
  }
}

void HandleFailureInDrain(const OwnedDirectory& directory,
                          const absl::Status& status) noexcept {
  if (directory.options().failure_callback() != nullptr) {
    Tell(directory, status);
  } else if (directory.options().on_failure() == tempdir::OnFailure::kCrash) {
    Crash(directory, status);
  }
}

}  // namespace tempdir_internal
