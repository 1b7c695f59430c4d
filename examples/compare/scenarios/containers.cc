// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "examples/compare/scenarios/scenario_groups.h"
#include "examples/compare/subject/owner.h"
#include "examples/compare/subject/place.h"
#include "examples/send_signal.h"

namespace compare {
namespace {

constexpr char kExit[] = "at exit";

template <class Dir>
int Exit() {
  Dir dir = MakeDir<Dir>();
  Stage(kExit);
  std::exit(0);
}

template <class Dir>
int Kill() {
  Dir dir = MakeDir<Dir>();
  Stage("by the signal");
  Check(examples::SendSignal(getpid(), SIGKILL), "kill");
  for (;;) pause();
}

constexpr char kStackStays[] =
    "exit() does not unwind the stack, in a container as anywhere else.";
constexpr char kKilled[] =
    "A process cannot handle SIGKILL. The directory stays in the container, or "
    "in what is mounted there.";

constexpr Scenario kContainers[] = {
    {"emptydir-exit",
     "emptyDir, exit()",
     "TMPDIR is like a Kubernetes emptyDir with an fsGroup: a mount of its "
     "own, with mode 02777 and without a sticky bit. The program calls exit().",
     {Exit<D>, Exit<F>, Exit<M>},
     Exits(0),
     {{"destructor", nullptr, kStackStays},
      {"finalizer", kExit,
       "Every user of the volume may rename the directory. The finalizer "
       "knows it by identity, and removes that one and no other."}},
     "",
     Place::kEmptyDir},
    {"emptydir-sigkill",
     "emptyDir, SIGKILL",
     "The same, but the process is killed, as by the OOM killer. The pod "
     "stays, "
     "and so does its emptyDir, when the container is started again.",
     {Kill<D>, Kill<F>, Kill<M>},
     DiesBy(SIGKILL),
     {{"", nullptr, kKilled},
      {"reaper", kByReaperProcess,
       "If others may rename, a name proves nothing. The lock shows the reaper "
       "process that the owner is dead, and a mark on the process's directory, "
       "which only its user can have set, that the library made it."},
      {"restart", kAtNextStart,
       "The next process of this user in the volume, also in another "
       "container, finds the directory of the dead process unlocked and "
       "marked, and removes it."}},
     "",
     Place::kEmptyDir},
    {"overlay-exit",
     "overlay, exit()",
     "TMPDIR is on an overlay file system, as the root file system of a "
     "container is. The program calls exit().",
     {Exit<D>, Exit<F>, Exit<M>},
     Exits(0),
     {{"destructor", nullptr, kStackStays},
      {"finalizer", kExit,
       "An overlay has no file handles, by which a directory is known "
       "elsewhere. The finalizer knows its directory by a random token in an "
       "extended attribute, or holds it open."}},
     "",
     Place::kOverlay},
    {"overlay-sigkill",
     "overlay, SIGKILL",
     "The same, but the process is killed, and the container runs on.",
     {Kill<D>, Kill<F>, Kill<M>},
     DiesBy(SIGKILL),
     {{"", nullptr, kKilled},
      {"reaper", kByReaperProcess,
       "Locks work on an overlay as on the file system below it: the reaper "
       "process sees that no process holds the lock, and removes the process's "
       "directory."},
      {"restart", kAtNextStart,
       "The next process that creates a temp dir on the overlay finds the "
       "directory of the dead process unlocked, and removes it. It has to look "
       "through the overlay: from below, its locks cannot be seen."}},
     "",
     Place::kOverlay},
    {"rootless-exit",
     "rootless, exit()",
     "The process is root in a user namespace in which no other user exists, "
     "as in a rootless container or after `unshare -r`. It calls exit().",
     {Exit<D>, Exit<F>, Exit<M>},
     Exits(0),
     {{"destructor", nullptr, kStackStays},
      {"finalizer", kExit,
       "The directory belongs to the user, whatever its number is in the "
       "namespace: the finalizer removes it as it does outside."}},
     "",
     Place::kUserNamespace},
    {"rootless-sigkill",
     "rootless, SIGKILL",
     "The same, but the process is killed.",
     {Kill<D>, Kill<F>, Kill<M>},
     DiesBy(SIGKILL),
     {{"", nullptr, kKilled},
      {"reaper", kByReaperProcess,
       "The reaper process is in the namespace, too. It sees that the "
       "process's directory belongs to its own user and that its lock is free, "
       "and removes it."},
      {"restart", kAtNextStart,
       "The kernel's owner of the directory counts, not the number in its "
       "name. So the next process of the user removes it, inside the namespace "
       "or outside."}},
     "",
     Place::kUserNamespace},
};

}  // namespace

Group Containers() { return {"containers", "containers", kContainers}; }

}  // namespace compare
