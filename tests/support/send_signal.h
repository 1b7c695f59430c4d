// SPDX-License-Identifier: Apache-2.0

// SendSignal and its siblings send signals. Tests send signals only by these
// functions.
//
//   SendSignal(child.pid(), SIGTERM);
//   SendToGroup(child.pid(), SIGINT);
//   HeldProcess grandchild(number);  // while its parent lives
//   grandchild.Send(SIGKILL);        // at any time
//
// kill() accepts any number: -1 stands for every process of the user, 0 for the
// own group, and the number of a reaped process may belong to another process
// by now. These functions check first. They send to this process, to a child
// that has not been reaped, to the group of a child that leads one, to a thread
// of this process, and to a descendant that was held while it was one. In all
// other cases, and if sending fails, they print the number and the reason on
// standard error and abort(), which fails the test.
//
// A program sends signals only to itself, to its children and to threads, never
// to its parent: it can ask its parent through a pipe. raise() and
// pthread_kill() take no number and are allowed. tools/check_signals finds code
// that sends signals in another way.
//
// Safe in a forked or vforked child. SIGCHLD must not be ignored.
#ifndef TESTS_SUPPORT_SEND_SIGNAL_H_
#define TESTS_SUPPORT_SEND_SIGNAL_H_

#include <sys/types.h>

namespace finalize_test {

// Sends to this process, or to a child or a traced task for which it has not
// yet waited. A child that has ended but was not waited for counts.
void SendSignal(pid_t process, int signal);
// The same by sigqueue: signals of one number do not merge, and the signal
// carries `value`.
void QueueSignal(pid_t process, int signal, int value = 0);
// Sends to the group that `leader` leads: a child for which this process has
// not yet waited.
void SendToGroup(pid_t leader, int signal);
// Sends to one thread of this process, by its gettid().
void SendToThread(pid_t thread, int signal);

// Returns whether SendSignal would accept `process` as a child or a traced
// task.
bool IsUnreapedChild(pid_t process);

// A descendant to which signals can be sent even if its parent has ended or its
// number is reused.
class HeldProcess {
 public:
  // `process` must be a descendant, according to the parents in /proc.
  explicit HeldProcess(pid_t process);
  ~HeldProcess();
  HeldProcess(const HeldProcess&) = delete;
  HeldProcess& operator=(const HeldProcess&) = delete;

  void Send(int signal);
  // Waits until it has ended.
  void AwaitEnd();

 private:
  const pid_t number_;
  const int descriptor_;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_SEND_SIGNAL_H_
