// SPDX-License-Identifier: Apache-2.0

// What the command line of spool_service asks for.
#ifndef EXAMPLES_SPOOL_SERVICE_SETTINGS_H_
#define EXAMPLES_SPOOL_SERVICE_SETTINGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace spool_service {

struct Settings {
  std::string address;
  std::string port;
  std::string spool;  // an existing directory, without symbolic links
  int workers = 0;    // 0: this process answers the requests itself
  int threads = 8;    // of each process that answers requests
  absl::Duration grace = absl::Seconds(20);
  bool crash_tier = false;
  bool faults = false;
  int inherited_listener = -1;
};

// Returns InvalidArgument, which names the argument, if one is missing or
// wrong.
absl::StatusOr<Settings> ParseSettings(int argc, char** argv);

// Returns the arguments, without the program, that give `settings` to another
// process which inherits `listener`.
std::vector<std::string> ArgumentsFor(const Settings& settings, int listener);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_SETTINGS_H_
