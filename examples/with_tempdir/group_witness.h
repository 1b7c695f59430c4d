// GroupWitness: whether a signal was sent to the process group, and not to this
// process alone. A signal does not say so itself.
//
// A second process in the same group blocks the signals and looks, when it is
// asked, whether it has got the same one.
//
//   sender --- kill(-group) ---> this process, the witness, the command
//   sender --- kill(pid) ------> this process
//
// A sender that does both, as timeout does, is waited for until it sleeps or
// has ended, so that the two are seen together: for a second at most.
//
// Not told apart: two signals of one sender, one to the group and one not, that
// come so close together that the kernel might have merged them; a sender that
// goes through processes one by one and takes in the witness, but not the
// command, as by its program file. (By name or command line it does not: the
// witness is called group-witness.) A sender that is not seen (/proc hides it,
// or it is in another pid namespace), or is busy for longer than a second, is
// not waited for.

#ifndef EXAMPLES_WITH_TEMPDIR_GROUP_WITNESS_H_
#define EXAMPLES_WITH_TEMPDIR_GROUP_WITNESS_H_

#include <signal.h>
#include <sys/types.h>

namespace with_tempdir {

// Confined to one thread.
class GroupWitness {
 public:
  // Starts the witness. Made before any other thread is, with the signals of
  // interest blocked. It keeps nothing open. `argv` is main's.
  explicit GroupWitness(char** argv);
  // Ends it.
  ~GroupWitness();
  GroupWitness(const GroupWitness&) = delete;
  GroupWitness& operator=(const GroupWitness&) = delete;

  // Whether `signal`, which this process just took from what it blocks, went to
  // the group. Takes what repeats it, too. Where there is no witness, only
  // signals of the kernel, such as a terminal's, did.
  bool Saw(const siginfo_t& signal);
  // Takes from the witness what it has got.
  void Forget(int number);

 private:
  // Asks once. False where there is nobody to ask.
  bool Ask(int number, bool* has_got);

  pid_t pid_ = -1;
  int socket_ = -1;
};

}  // namespace with_tempdir

#endif  // EXAMPLES_WITH_TEMPDIR_GROUP_WITNESS_H_
