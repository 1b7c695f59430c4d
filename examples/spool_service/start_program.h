// SPDX-License-Identifier: Apache-2.0

// Starts a program that inherits descriptors: fork and exec in one call.
#ifndef EXAMPLES_SPOOL_SERVICE_START_PROGRAM_H_
#define EXAMPLES_SPOOL_SERVICE_START_PROGRAM_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace spool_service {

// Starts `program` with `arguments`, no signal blocked, and the environment of
// this process, to which `variable`, a name and a value, is added. It keeps
// `descriptors` under their numbers, and leads a process group of its own.
absl::StatusOr<pid_t> StartProgram(
    const std::string& program, std::vector<std::string> arguments,
    const std::pair<std::string, std::string>& variable,
    const std::vector<int>& descriptors);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_START_PROGRAM_H_
