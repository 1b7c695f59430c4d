// SPDX-License-Identifier: Apache-2.0

// KillEverywhere: kills a process at each stop of its system calls, one stop
// later each time (kStride), and looks at what is left. For tests of C30.
//
//   KillPlan plan;
//   plan.name = "create and remove";
//   plan.body = [] { ... };
//   EXPECT_GT(KillEverywhere(plan), 30);
//
// It works in kParent, on a file system of its own. There are a directory that
// another process uses, a root of another user and something that is no root;
// the next reaper has to leave them alone, and nothing else.

#ifndef TESTS_REAP_KILL_POINTS_H_
#define TESTS_REAP_KILL_POINTS_H_

#include <functional>
#include <string>

#include "absl/base/config.h"
#include "tests/support/stepped_process.h"

namespace finalize_test {

// From one stop to the next at which a process is killed. What a kill leaves is
// the same in the sanitizers, where each process takes far longer: some do.
#ifdef ABSL_HAVE_ADDRESS_SANITIZER
inline constexpr int kStride = 5;
#else
inline constexpr int kStride = 1;
#endif

inline constexpr char kParent[] = "/tmp/parent";
// In it: in use by another process, with a file.
inline constexpr char kLive[] = "/tmp/parent/finalize-0-cccccccccccccccc";

// One after the other for each kill point.
struct KillPlan {
  std::string name;
  // Whether there is kLive; it has a reaper process try more than once.
  bool beside_live = true;
  std::function<void()> prepare = [] {};
  // What the process does.
  std::function<void()> body;
  Stepped stepped = Stepped::kFirst;
  // Only the process that is at the stop is killed; then the others go on to
  // their end.
  bool others_go_on = false;
  // Looks at what is left, before all but what the others have is to be gone.
  // `killed` is false the last time: all of it has ended by itself.
  std::function<void(bool killed)> check;
};

// A dead root in kParent, with what makes the engine work: depth beyond its
// descriptors, a directory that forbids reading, a link.
void PrepareDeadRoot();

// Says so if something is in kParent but what others have there.
void ExpectOthersAlone(const KillPlan& plan, const std::string& where);

// Reaps `parent`: everything there is removed or in use.
void ReapWell(const std::string& parent = kParent);

// Returns how many kill points there were, and records it. What was wrong is a
// failure of the test.
int KillEverywhere(const KillPlan& plan);

}  // namespace finalize_test

#endif  // TESTS_REAP_KILL_POINTS_H_
