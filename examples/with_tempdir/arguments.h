// SPDX-License-Identifier: Apache-2.0

// The command line of with_tempdir. The first argument that is not an option
// is the command; so is what follows "--".

#ifndef EXAMPLES_WITH_TEMPDIR_ARGUMENTS_H_
#define EXAMPLES_WITH_TEMPDIR_ARGUMENTS_H_

#include <string>

#include "absl/status/statusor.h"

namespace with_tempdir {

struct Arguments {
  bool help = false;  // the rest is not set then
  bool keep_on_failure = false;
  std::string parent;  // empty: $TMPDIR
  char** command;      // of main's, ends with a null pointer
};

absl::StatusOr<Arguments> ParseArguments(int argc, char** argv);

// The last part of the name that this program was called by. It is installed as
// with-tempdir.
std::string ProgramName();

std::string Usage();

}  // namespace with_tempdir

#endif  // EXAMPLES_WITH_TEMPDIR_ARGUMENTS_H_
