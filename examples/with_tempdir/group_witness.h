// SPDX-License-Identifier: Apache-2.0

// GroupWitness tells whether a signal was sent to the process group or to this
// process alone. The signal itself does not tell.
//
// A second process in the same group, the witness, blocks the signals. When it
// is asked, it checks whether it has received the same one.
//
//   sender --- kill(-group) ---> this process, the witness, the command
//   sender --- kill(pid) ------> this process
//
// If a sender does both, as timeout does, Saw() waits until the sender sleeps
// or has ended, for a second at most, so that it sees the two signals together.
// It does not wait for a sender that it cannot see (/proc hides it, or it is in
// another pid namespace).
//
// Not covered: two signals of one sender, one to the group and one not, that
// come so close together that the kernel might have merged them; a sender that
// selects processes one by one, and selects the witness but not the command, as
// by the program file. (By name or command line it does not: the witness is
// called group-witness.)

#ifndef EXAMPLES_WITH_TEMPDIR_GROUP_WITNESS_H_
#define EXAMPLES_WITH_TEMPDIR_GROUP_WITNESS_H_

#include <signal.h>
#include <sys/types.h>

namespace with_tempdir {

// Confined to one thread.
class GroupWitness {
 public:
  // Starts the witness, before any other thread starts and with the signals of
  // interest blocked. The witness keeps nothing open. `argv` is main's.
  explicit GroupWitness(char** argv);
  // Ends the witness.
  ~GroupWitness();
  GroupWitness(const GroupWitness&) = delete;
  GroupWitness& operator=(const GroupWitness&) = delete;

  // Returns whether `signal`, which this process has just accepted, was sent to
  // the group. Also accepts repetitions of it. If there is no witness, it
  // counts only signals of the kernel, such as a terminal's.
  bool Saw(const siginfo_t& signal);
  // Makes the witness discard the signal that it has received.
  void Forget(int number);

 private:
  // Asks once. Returns false if there is no witness.
  bool Ask(int number, bool* has_got);

  pid_t pid_ = -1;
  int socket_ = -1;
};

}  // namespace with_tempdir

#endif  // EXAMPLES_WITH_TEMPDIR_GROUP_WITNESS_H_
