// SPDX-License-Identifier: Apache-2.0

// Ending: how a process ended, or is expected to end.
#ifndef EXAMPLES_COMPARE_SCENARIOS_ENDING_H_
#define EXAMPLES_COMPARE_SCENARIOS_ENDING_H_

#include <string>

namespace compare {

struct Ending {
  int exit_code = 0;
  int signal = 0;  // 0: by exit, with `exit_code`
};

constexpr Ending Exits(int exit_code) { return Ending{exit_code, 0}; }
constexpr Ending DiesBy(int signal) { return Ending{0, signal}; }

// Returns what waitpid() says in its status.
Ending EndingOf(int wait_status);

// Returns "exit 0", "SIGTERM" and the like.
std::string ToString(Ending ending);

constexpr bool operator==(Ending a, Ending b) {
  return a.exit_code == b.exit_code && a.signal == b.signal;
}
constexpr bool operator!=(Ending a, Ending b) { return !(a == b); }

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SCENARIOS_ENDING_H_
