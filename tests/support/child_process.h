// SPDX-License-Identifier: Apache-2.0

// ChildProcess is a real process, for tests of how processes end.
//
//   ChildResult result = RunChild({HelperPath("exit_child"), "drain-order"});
//   EXPECT_TRUE(result.Exited(0)) << result;
//   EXPECT_EQ(result.out, "second\nfirst\n");
//
//   ChildProcess child({HelperPath("signal_child"), "wait"});
//   child.AwaitOutput("ready\n");
//   child.Signal(SIGTERM);
//   ChildResult result = child.Await();
//
// The result is complete when the process has ended and every process that
// inherited its output has closed it. So it contains what grandchildren wrote.
//
// Each child leads its own process group. At the kill limit the group is killed
// and the result says so. No expectation holds for such a result: Exited and
// Killed return false, whatever the status is. The limit is for tests that
// hang, and is so long that a loaded machine does not reach it.
//
// Confined to one thread.
#ifndef TESTS_SUPPORT_CHILD_PROCESS_H_
#define TESTS_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace finalize_test {

struct ChildResult {
  // Returns whether it ended by exit, _exit or a return from main, with this
  // status.
  bool Exited(int code) const;
  // Returns whether this signal ended it.
  bool Killed(int signal) const;

  std::string out;  // standard output
  std::string err;  // standard error
  int status = -1;  // as waitpid gives it
  bool limit_passed = false;
};

std::ostream& operator<<(std::ostream& stream, const ChildResult& result);

struct ChildOptions {
  // Added to the environment of the test.
  std::vector<std::pair<std::string, std::string>> environment;
  // Seconds until the process group is killed.
  int kill_limit = 120;
  // Whether signal handlers call exit(), which POSIX forbids, and which
  // ThreadSanitizer would report.
  bool handlers_exit = false;
};

class ChildProcess {
 public:
  // Starts arguments[0] with a pipe on each of its standard streams. Aborts the
  // test if that fails.
  explicit ChildProcess(const std::vector<std::string>& arguments,
                        const ChildOptions& options = {});
  // Kills the process group unless Await() was called.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }

  // Reads output until it contains `text`. Returns false if the output ends or
  // the kill limit comes first. The output that was read stays in the result.
  bool AwaitOutput(std::string_view text);
  bool AwaitError(std::string_view text);
  // What has been read of its standard output.
  const std::string& output() const { return result_.out; }
  // Writes to its standard input.
  void Send(std::string_view text);
  // Closes its standard input.
  void CloseInput();
  void Signal(int signal);
  // Sends a signal to its process group, which it must still lead.
  void SignalGroup(int signal);
  // Returns whether it is running, and not a zombie.
  bool IsRunning() const;

  // Closes its standard input, reads to the end of its output and waits for it.
  // Called once.
  ChildResult Await();

 private:
  bool AwaitText(const std::string& read, std::string_view text);
  // Waits for output or for the limit, and reads the output. Returns false at
  // the end of both outputs. Kills the group at the limit.
  bool ReadSome();
  void AwaitEnd();
  void KillGroup();

  pid_t pid_ = -1;
  int input_ = -1;
  int outputs_[2] = {-1, -1};
  long long limit_;  // milliseconds of the monotonic clock
  ChildResult result_;
};

// Starts a ChildProcess and awaits it.
ChildResult RunChild(const std::vector<std::string>& arguments,
                     const ChildOptions& options = {});

// Returns the path of a program or file in the test's data. `name` is in the
// package of the test or, as "fork/fork_child", in a package beside it.
std::string HelperPath(const std::string& name);

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_CHILD_PROCESS_H_
