// SPDX-License-Identifier: Apache-2.0

// A SteppedProcess stops at the entry and at the exit of every system call that
// it makes.
//
//   SteppedProcess process(body);
//   if (process.RunToStop(17)) process.Kill();
//
// Stepped::kFirst steps its first thread, and the other threads run freely.
// Stepped::kOthers steps the others: every thread and process that it starts,
// directly or indirectly. The first thread runs freely.
//
// Confined to one thread, which is its tracer and, with kOthers, has no other
// child.

#ifndef TESTS_SUPPORT_STEPPED_PROCESS_H_
#define TESTS_SUPPORT_STEPPED_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <set>

namespace finalize_test {

enum class Stepped { kFirst, kOthers };

class SteppedProcess {
 public:
  // `body` begins when the process is run. After `body` the process calls
  // _exit(0).
  explicit SteppedProcess(const std::function<void()>& body,
                          Stepped stepped = Stepped::kFirst);
  ~SteppedProcess() { Kill(); }
  SteppedProcess(const SteppedProcess&) = delete;
  SteppedProcess& operator=(const SteppedProcess&) = delete;

  // Runs to the system call stop with this number, counted from 0. Returns
  // false if all tasks ended before.
  bool RunToStop(int number);
  void RunToEnd();
  // Kills it and everything that it started.
  void Kill();
  // Kills only the process that is at a stop.
  void KillStopped();

  bool ended() const { return tasks_.empty(); }
  // Returns whether it ended by itself, with status 0.
  bool succeeded() const { return ended() && status_ == 0; }

 private:
  bool IsStepped(pid_t task) const {
    return (task == pid_) == (stepped_ == Stepped::kFirst);
  }
  // Lets the stopped task continue, to its next system call stop if `step`, and
  // waits until a task is stopped. Returns false if none is left.
  bool GoOn(bool step);
  void Resume(bool step);
  // Waits until the next task stops or ends. Returns false if none is left.
  bool Await();
  void AwaitEnd();
  // Records that `task` has stopped.
  void Note(pid_t task, int status);

  const Stepped stepped_;
  const pid_t pid_;
  int status_ = 0;         // of the first process, once it has ended
  std::set<pid_t> tasks_;  // threads that are traced
  pid_t stopped_ = 0;      // the one that is stopped
  bool at_call_ = false;   // at a system call
  int signal_ = 0;         // the one with which it continues
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_STEPPED_PROCESS_H_
