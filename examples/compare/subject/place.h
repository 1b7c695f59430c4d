// SPDX-License-Identifier: Apache-2.0

// Place: what $TMPDIR is for a scenario, where that is not a directory as any
// other: a volume or the root file system of a container, or a directory seen
// from a container of an ordinary user.
//
// Such a scenario runs in a user namespace and a mount namespace of its own, so
// that nobody else sees its mounts, and nobody has to be root for them. Three
// processes play it:
//
//   the child of the tool   RunInNamespace(): makes the namespaces, and waits
//     the container         EnterPlace(), fork, EndAs()
//       the scenario        creates a temp dir, and ends
//
// The tool sees the first one end as the scenario did.
#ifndef EXAMPLES_COMPARE_SUBJECT_PLACE_H_
#define EXAMPLES_COMPARE_SUBJECT_PLACE_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace compare {

enum class Place {
  kAnyDirectory,
  // A user namespace with one user, who is its root: a rootless container.
  kUserNamespace,
  // A mount of its own, in which every user may rename: an emptyDir of a pod.
  kEmptyDir,
  // An overlay: the root file system of a container.
  kOverlay,
};

// The exit status where this machine refuses what a place needs. Standard error
// then has kRefusedWords and the reason.
inline constexpr int kRefused = 69;
inline constexpr char kRefusedWords[] = "cannot be played on this machine: ";

// Runs this program with `arguments` as the root of a new user namespace, with
// a mount namespace of its own, and ends as that ends.
[[noreturn]] void RunInNamespace(const std::vector<std::string>& arguments);

// Makes $TMPDIR the place. It has to be empty. What is mounted there is kept in
// the directory itself, where others see it.
void EnterPlace(Place place);

// Waits for the end of `child`, a child of this process, and returns its
// status.
int AwaitEnd(pid_t child);

// Ends this process as one that has ended with the status `wait_status`.
[[noreturn]] void EndAs(int wait_status);

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SUBJECT_PLACE_H_
