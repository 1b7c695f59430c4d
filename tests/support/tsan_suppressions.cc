// Linked into every program of --config=tsan. The shared library of Abseil that
// the distribution has is not built for ThreadSanitizer, which so does not see
// what orders the last two owners of a Status: the count in it. (A function
// that was inlined has its name alone there.) The handlers of
// crash_held_child.cc do on purpose what a handler may not.
extern "C" const char* __tsan_default_suppressions() {
  return "race:absl::*Status::Unref\n"
         "race:^Unref$\n"
         "signal:crash_held_child.cc\n";
}
