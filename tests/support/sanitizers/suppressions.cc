// SPDX-License-Identifier: Apache-2.0

// Linked into every program of --config=tsan. The shared library of Abseil that
// the distribution has is not built for ThreadSanitizer. So ThreadSanitizer
// does not see that the count in a Status orders its last two owners. (Only the
// name of an inlined function is known there.) The handlers of
// crash_held_child.cc intentionally do what a handler must not.
extern "C" const char* __tsan_default_suppressions() {
  return "race:absl::*Status::Unref\n"
         "race:^Unref$\n"
         "signal:crash_held_child.cc\n";
}
