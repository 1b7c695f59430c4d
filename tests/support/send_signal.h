// SendSignal and its kin: the one place from which tests send signals.
//
//   SendSignal(child.pid(), SIGTERM);
//   SendToGroup(child.pid(), SIGINT);
//   HeldProcess grandchild(number);  // while its parent lives
//   grandchild.Send(SIGKILL);        // at any time
//
// kill() takes any number: -1 stands for every process of the user, 0 for the
// own group, and a number that was reaped may be another process by now. These
// functions look first. They send to this process, to a child that has not
// been reaped, to the group of a child that leads one, to a thread of this
// process, and to a descendant that was held while it was one. For anything
// else, and if sending fails, they name the number and the reason on standard
// error and abort(), which fails the test.
//
// A program sends to itself, to children and to threads only, never to its
// parent: a parent can be asked through a pipe. raise() and pthread_kill() take
// no number and stay. tools/check_signals finds what sends in another way.
//
// Safe in a forked or vforked child. SIGCHLD must not be ignored.
#ifndef TESTS_SUPPORT_SEND_SIGNAL_H_
#define TESTS_SUPPORT_SEND_SIGNAL_H_

#include <sys/types.h>

namespace finalize_test {

// To this process, or to a child or a traced task that it has not yet waited
// for. One that has ended but was not waited for is still such a child.
void SendSignal(pid_t process, int signal);
// The same, by sigqueue: signals of one number do not merge, and `value` comes
// with it.
void QueueSignal(pid_t process, int signal, int value = 0);
// To the group that `leader` leads: a child, not yet waited for.
void SendToGroup(pid_t leader, int signal);
// To one thread of this process, by its gettid().
void SendToThread(pid_t thread, int signal);

// Whether SendSignal would send to it as to a child or a traced task.
bool IsUnreapedChild(pid_t process);

// A descendant that can be sent signals whatever has become of its parent, or
// of its number.
class HeldProcess {
 public:
  // `process` must be a descendant, by the parents that /proc names.
  explicit HeldProcess(pid_t process);
  ~HeldProcess();
  HeldProcess(const HeldProcess&) = delete;
  HeldProcess& operator=(const HeldProcess&) = delete;

  void Send(int signal);
  // Returns when it has ended.
  void AwaitEnd();

 private:
  const pid_t number_;
  const int descriptor_;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_SEND_SIGNAL_H_
