// SPDX-License-Identifier: Apache-2.0

#include "examples/with_tempdir/arguments.h"

#include <errno.h>

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace with_tempdir {

absl::StatusOr<Arguments> ParseArguments(int argc, char** argv) {
  constexpr std::string_view kParent = "--parent=";
  Arguments arguments;
  int next = 1;
  for (; next < argc && argv[next][0] == '-'; ++next) {
    const std::string_view option = argv[next];
    if (option == "--keep-on-failure") {
      arguments.keep_on_failure = true;
    } else if (option.substr(0, kParent.size()) == kParent) {
      arguments.parent = option.substr(kParent.size());
    } else if (option == "--help") {
      arguments.help = true;
      return arguments;
    } else if (option == "--") {
      ++next;
      break;
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("no such option: ", argv[next]));
    }
  }
  if (next >= argc) return absl::InvalidArgumentError("no command");
  arguments.command = argv + next;
  return arguments;
}

std::string ProgramName() { return program_invocation_short_name; }

std::string Usage() {
  return absl::StrCat("usage: ", ProgramName(),
                      " [--keep-on-failure] [--parent=D] [--] CMD [ARG...]\n");
}

}  // namespace with_tempdir
