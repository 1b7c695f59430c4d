// SPDX-License-Identifier: Apache-2.0

// RunScenario is the main function of the helper programs in tests of process
// ends.
//
//   void Nested() { finalize::AtExit([] { std::exit(4); }); }
//   int main(int argc, char** argv) {
//     return RunScenario(argc, argv, {{"nested", Nested}});
//   }
//
// The first argument names the scenario. After the scenario, main returns 0.
#ifndef TESTS_SUPPORT_SCENARIO_H_
#define TESTS_SUPPORT_SCENARIO_H_

#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>

namespace finalize_test {

// Writes a line to standard output at once, without a buffer that a fork would
// copy or an _exit would lose. Async-signal-safe.
inline void Say(std::string_view text) {
  const iovec line[] = {{const_cast<char*>(text.data()), text.size()},
                        {const_cast<char*>("\n"), 1}};
  if (writev(STDOUT_FILENO, line, 2) < 0) _exit(99);
}

// Ends the process with a message if `condition` is false.
inline void Require(bool condition, std::string_view what) {
  if (condition) return;
  Say("wrong: " + std::string(what));
  _exit(96);
}

// A callback that writes a word.
struct Says {
  void operator()() const { Say(word); }
  const char* word;
};

// Writes a word when it is destroyed.
struct SaysAtEnd {
  explicit SaysAtEnd(const char* word_in) : word(word_in) {}
  SaysAtEnd(const SaysAtEnd&) = delete;
  SaysAtEnd& operator=(const SaysAtEnd&) = delete;
  ~SaysAtEnd() { Say(word); }
  const char* const word;
};

// Waits until standard input has ended, or a byte has come. It waits in poll(),
// because every sanitizer lets signal handlers run at once there.
inline void AwaitInput() {
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  while (poll(&input, 1, -1) < 0) {
  }
}

// Must be called on a thread before a signal can be sent to it. ThreadSanitizer
// creates its record of a thread's signals in the first call that blocks, and
// loses a signal that comes at that moment.
inline void ExpectSignals() { poll(nullptr, 0, 0); }

struct Scenario {
  const char* name;
  void (*run)();
};

inline int RunScenario(int argc, char** argv,
                       std::initializer_list<Scenario> scenarios) {
  ExpectSignals();
  for (const Scenario& scenario : scenarios) {
    if (argc == 2 && std::string_view(argv[1]) == scenario.name) {
      scenario.run();
      return 0;
    }
  }
  fprintf(stderr, "no such scenario\n");
  return 98;
}

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_SCENARIO_H_
